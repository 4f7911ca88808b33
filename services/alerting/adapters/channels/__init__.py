"""The ways to reach people: mail, signed webhooks, and the services that apprise knows."""
