"""The real servers (NATS, PostgreSQL, S3) as child processes on loopback, for one machine and for tests."""
