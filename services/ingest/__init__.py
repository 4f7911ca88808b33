"""Ingest: connects to cameras and turns whatever they send into fragments on the bus."""
