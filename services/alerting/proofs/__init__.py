"""What an alert is proved with. Pure."""
