"""Objects and index, when there are any: what the recorder's core does not touch."""
