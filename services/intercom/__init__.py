"""Intercom: will speak with kitchens; today it starts and says that it cannot yet."""
