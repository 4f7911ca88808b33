"""What moves at night and is small: suspected rodents (shared/design/suspected-rodents.md). Pure."""
