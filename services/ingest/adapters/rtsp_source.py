"""An RTSP camera as a Source: our client's session, described to the normaliser and played into it."""

from __future__ import annotations

from services.ingest.adapters.pyav_audio import AacEncoder
from services.ingest.conditions import NoVideo
from services.ingest.normaliser import AudioEncoder, Normaliser, Tracks
from shared.clock import Clock
from shared.media.formats import AudioFormat
from shared.rtsp.client import RtspClient, RtspSource, open_rtsp
from shared.rtsp.read_mill import ReadMill
