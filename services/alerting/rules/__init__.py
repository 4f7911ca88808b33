"""From what was seen to what is told: rules, the windows they look through, incidents. Pure."""
