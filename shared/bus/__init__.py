"""The bus: the only package that knows NATS. Everything else sees messages, fragments and subjects."""

from shared.bus.connection import Bus
from shared.bus.errors import BusUnreachable

__all__ = ["Bus", "BusUnreachable"]
