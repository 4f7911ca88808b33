"""Drills: a coded tone through a kitchen's loudspeaker, and its recognition in the same camera's microphone. Pure."""
