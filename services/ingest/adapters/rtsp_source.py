"""An RTSP camera as a Source: our client's session, described to the normaliser and played into it."""

from __future__ import annotations
