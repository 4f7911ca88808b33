"""Alerting: will turn what was seen into alerts and orders; today it starts and says that it cannot yet."""
