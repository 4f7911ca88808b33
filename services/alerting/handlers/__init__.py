"""What alerting is asked, and what it hears."""
