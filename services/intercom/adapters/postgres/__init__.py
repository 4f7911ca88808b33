"""What the intercom keeps in its schema of PostgreSQL."""
