"""Detector: will look at pictures; today it starts and says that it cannot yet."""
