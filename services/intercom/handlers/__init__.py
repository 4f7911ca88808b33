"""What the intercom is asked, and what it hears."""
