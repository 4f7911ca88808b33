"""A camera and its state as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime

from services.gateway.adapters.http.analysis_plans import AnalysisPlan
from services.gateway.adapters.http.recording_plans import RecordingPlan
from services.gateway.adapters.http.schemas import (
    CameraAnswer,
    CameraStateAnswer,
    CameraStatus,
    SpeakerAnswer,
    Stream,
)
from services.gateway.cameras import Camera, StreamSource
from shared.messages.cameras import CameraState
from shared.messages.speakers import SpeakerFound


def camera_answer(camera: Camera, state: CameraState | None, speaker: SpeakerFound | None) -> CameraAnswer:
    return CameraAnswer(
        id=camera.id,
        site=camera.site,
        name=camera.name,
        purpose=camera.purpose,
        main=_stream(camera.main),
        sub=None if camera.sub is None else _stream(camera.sub),
        username=camera.username,
        has_password=camera.sealed_password is not None,
        is_enabled=camera.is_enabled,
        wants_audio=camera.wants_audio,
        talk=camera.talk,
        talk_port=camera.talk_port,
        talk_channel=camera.talk_channel,
        speaker=None if speaker is None else speaker_answer(speaker),
        recording=RecordingPlan.of(camera.recording),
        analysis=AnalysisPlan.of(camera.analysis),
        state=_state(camera, state),
    )


def speaker_answer(found: SpeakerFound) -> SpeakerAnswer:
    return SpeakerAnswer(
        way=found.way,
        codec=found.codec,
        reason=found.reason,
        reason_code=found.reason_code,
        looked_at=datetime.fromtimestamp(found.at_us / 1e6, UTC),
    )


def camera_status(camera: Camera, state: CameraState | None) -> CameraStatus:
    shown = _state(camera, state)
    return CameraStatus(
        id=camera.id,
        site=camera.site,
        name=camera.name,
        state=shown.condition,
        reason=shown.reason,
        reason_code=shown.reason_code,
        since=shown.since,
    )


def _state(camera: Camera, state: CameraState | None) -> CameraStateAnswer:
    if state is None:
        if not camera.is_enabled:
            return CameraStateAnswer(
                condition="disabled", reason="Switched off in the registry.", reason_code="disabled"
            )
        return CameraStateAnswer(
            condition="connecting", reason="No ingest worker has taken this camera yet.", reason_code="not_taken"
        )
    return CameraStateAnswer(
        condition=state.condition,
        reason=state.reason,
        reason_code=state.reason_code,
        since=datetime.fromtimestamp(state.since_us / 1e6, UTC),
        codecs=state.codecs,
        width=state.width,
        height=state.height,
        frame_rate=state.frame_rate,
        bitrate_kbps=state.bitrate_kbps,
        clock_drift_s=state.clock_drift_s,
        worker=state.worker,
    )


def _stream(source: StreamSource) -> Stream:
    return Stream(url=source.url, transport=source.transport)
