"""The ways to reach people: mail, signed webhooks, Web Push, and the services that apprise knows."""
