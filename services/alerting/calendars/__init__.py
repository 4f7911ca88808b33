"""Kitchens' calendars: who inherits what, and what it is at a moment. Pure."""
