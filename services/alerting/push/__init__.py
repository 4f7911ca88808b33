"""Web Push as values and rules: encryption, identification, and which push services may be spoken to. Pure."""
