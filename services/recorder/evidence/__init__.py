"""Evidence: chains, signed statements and case files that a stranger can check."""
