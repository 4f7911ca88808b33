"""What can go wrong with the bus, as the rest of the product sees it."""

from __future__ import annotations

from shared.errors import PeerError


class BusUnreachable(PeerError):
    """NATS is away, refuses us, or did not answer in time."""


class NobodyAnswers(PeerError):
    """No service listens for that request, or it did not answer within the limit."""


class RevisionConflict(PeerError):
    """Somebody else changed that key since it was read."""
