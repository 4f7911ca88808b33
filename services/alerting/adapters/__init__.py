"""Database and notifications, when there are any: what alerting's core does not touch."""
