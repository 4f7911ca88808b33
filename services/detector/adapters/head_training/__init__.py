"""Trains the network that judges mask and headwear; run by hand, never by the service."""
