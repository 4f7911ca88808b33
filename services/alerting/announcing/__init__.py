"""Whether a kitchen is told aloud of what was seen, and what became of it. Pure."""
