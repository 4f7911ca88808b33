"""Sockets to cameras and browsers, when there are any: what the intercom's core does not touch."""
