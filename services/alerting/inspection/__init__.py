"""Random inspection: how a draw is frozen, made and replayed, and the life of a look. Pure."""
