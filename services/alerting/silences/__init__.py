"""What is kept quiet, and until when. Pure."""
