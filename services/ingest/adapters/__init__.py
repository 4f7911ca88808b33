"""Sockets, threads and the bus: what ingest's core does not touch."""
