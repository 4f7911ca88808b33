"""Which release this code is; pyproject.toml says the same, a test keeps it so."""

VERSION = "0.1.0"
