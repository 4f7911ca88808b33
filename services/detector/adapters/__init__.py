"""Models and decoders, when there are any: what the detector's core does not touch."""
