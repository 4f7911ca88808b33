"""Whether somebody wears what this kitchen calls its uniform: a few photos instead of a training. Pure."""
