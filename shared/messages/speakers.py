"""How a camera can be spoken to, as the intercom finds it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.cameras import DesiredStream, TalkWay

FoundWay = Literal["onvif", "isapi", "dahua", "none"]


class SpeakerWanted(Message):
    """Request `speaker_probe`: look for the speaker of a camera that is not registered."""

    main: DesiredStream
    sub: DesiredStream | None = None
    username: str | None = None
    password: str | None = Field(None, description="travels only on the bus, whose clients are ours; never stored")
    talk: TalkWay = "auto"
    talk_port: int | None = Field(None, ge=1, le=65535)
    talk_channel: int = Field(1, ge=1, le=256)


class SpeakerFound(Message):
    """Answer of `speaker_probe`, and KV bucket `speakers`, key `CameraRef.key`, written by the intercom."""

    way: FoundWay | None = Field(None, description="None: it could not be found out")
    codec: str | None = Field(None, description="what it is given: pcmu, pcma, aac")
    reason_code: str = Field(
        description="stable, for programs: ok, no_speaker, wrong_password, refused, busy, port_closed, timed_out, …"
    )
    reason: str = Field(description="a sentence a person can act on")
    at_us: int = Field(description="when it was looked for, UTC microseconds")
    registration: str = Field("", description="which registration of the camera was looked at (a digest)")
