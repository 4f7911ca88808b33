"""A camera as people register it, and the order to ingest that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from services.gateway.sites import Site
from shared.messages.cameras import (
    AnalysisPolicy,
    DesiredCamera,
    DesiredStream,
    RecordingPolicy,
    TalkWay,
    Transport,
)
from shared.subjects import CameraRef

# Continuously, for 30 days.
ALWAYS = RecordingPolicy()
# The main stream, once a second, day and night.
LOOKED_AT = AnalysisPolicy()

Purpose = Literal["hygiene", "processing", "dishes", "storage"]


@dataclass(frozen=True, slots=True)
class StreamSource:
    """Where one stream comes from; the URL holds no user name and no password."""

    url: str
    transport: Transport = "auto"


@dataclass(frozen=True, slots=True)
class Camera:
    """`id` is unique in the whole product and, like `site`, never changes: both are in every subject of the camera.

    `revision` counts the changes and is its ETag. `sealed_password` opens only in the context of this camera.
    """

    id: str
    site: str
    name: str
    purpose: Purpose
    main: StreamSource
    sub: StreamSource | None = None
    username: str | None = None
    sealed_password: str | None = None
    is_enabled: bool = True
    wants_audio: bool = True
    talk: TalkWay = "auto"
    talk_port: int | None = None
    talk_channel: int = 1
    recording: RecordingPolicy = ALWAYS
    analysis: AnalysisPolicy = LOOKED_AT
    revision: int = 1

    @property
    def ref(self) -> CameraRef:
        return CameraRef(self.site, self.id)

    def desired(self, site: Site | None, units: tuple[str, ...] = ()) -> DesiredCamera:
        """What all services are told; `site` is the one it belongs to, `units` the units that lies under."""
        recordings_gb = None if site is None else site.recordings_gb
        return DesiredCamera(
            site=self.site,
            camera=self.id,
            name=self.name,
            main=DesiredStream(url=self.main.url, transport=self.main.transport),
            sub=DesiredStream(url=self.sub.url, transport=self.sub.transport) if self.sub else None,
            username=self.username,
            sealed_password=self.sealed_password,
            is_enabled=self.is_enabled,
            wants_audio=self.wants_audio,
            talk=self.talk,
            talk_port=self.talk_port,
            talk_channel=self.talk_channel,
            purpose=self.purpose,
            site_kind="" if site is None else site.kind,
            site_name="" if site is None else site.name,
            recording=self.recording,
            analysis=self.analysis,
            site_budget_bytes=None if recordings_gb is None else recordings_gb * 10**9,
            units=units,
        )


def seal_context(camera: CameraRef) -> str:
    """What a camera's password is bound to: in another row it does not open."""
    return f"camera:{camera}"


def hosts_of(camera: Camera) -> frozenset[str]:
    """The hosts that its streams are pulled from, and that its password is sent to."""
    sources = [source for source in (camera.main, camera.sub) if source is not None]
    return frozenset((urlsplit(source.url).hostname or "") for source in sources)
