"""What a drill showed: out of what the microphones heard and what the camera said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.intercom.drills.recogniser import Found
from shared.messages.drills import DrillOutcome, DrillResult
from shared.subjects import CameraRef

# A microphone that is on hears at least its own hiss; what is below is digital silence, encoded.
SILENT_DBFS = -75.0
# Less sound than this cannot have held the tone.
SOUND_MIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Ear:
    """What came from one camera's microphone while the tone was played.

    Attributes:
        has_pictures: whether anything came at all.
        has_sound_track: whether there is sound in what came.
        sound_s: how much.
        level_dbfs: its loudest tenth of a second.
        found: this drill's tone in it. delay_ms: then how long it took.
        others: whose tones of other drills are in it.
    """

    has_pictures: bool = False
    has_sound_track: bool = False
    sound_s: float = 0.0
    level_dbfs: float = -99.0
    found: Found | None = None
    delay_ms: float | None = None
    others: tuple[CameraRef, ...] = ()


def judged(
    camera: CameraRef, at_us: int, own: Ear, neighbours: Mapping[CameraRef, Found], is_delivered: bool | None
) -> DrillResult:
    """The result of a tone that was played to its end.

    Args:
        neighbours: where else this drill's tone was found.
        is_delivered: whether the camera reports that our sound came; None where it says nothing.
    """
    result = DrillResult(site=camera.site, camera=camera.camera, at_us=at_us, is_delivered=is_delivered)
    if own.has_sound_track and own.sound_s >= SOUND_MIN_S:
        result = result.model_copy(update={"noise_dbfs": own.level_dbfs})
    if own.found is not None:
        return _with(result, "passed", "heard", "", own.found, own.delay_ms)
    if neighbours:
        where, found = max(neighbours.items(), key=lambda item: item[1].evidence)
        return heard_elsewhere(_with(result, None, "", "", found), where)
    if own.others:
        whose = own.others[0]
        words = f"The tone of {whose} was heard here: the speakers or the addresses of both are exchanged."
        return _with(result, "wrong_room", "another_heard_here", words, other=str(whose))
    cause, words = _why_not_heard(own, is_delivered)
    return _with(result, "not_heard", cause, words)


def heard_elsewhere(result: DrillResult, where: CameraRef) -> DrillResult:
    """The same, now that another microphone heard its tone."""
    words = f"The tone was heard at {where} and not here: this camera's sound comes out in another room."
    more = {"outcome": "wrong_room", "cause": "heard_elsewhere", "detail": words, "other": str(where)}
    return result.model_copy(update=more)


def not_played(camera: CameraRef, at_us: int, outcome: DrillOutcome, cause: str, detail: str) -> DrillResult:
    """The result where no tone was played, or not to its end."""
    return DrillResult(site=camera.site, camera=camera.camera, outcome=outcome, cause=cause, detail=detail, at_us=at_us)


def is_worth_another_try(result: DrillResult) -> bool:
    """A lost packet, a session that stayed silent: what may be otherwise a moment later."""
    if result.outcome == "not_heard":
        return result.cause in ("tone_not_found", "not_delivered")
    return result.outcome == "could_not_speak" and result.cause in ("camera_unreachable", "camera_gone")


def _why_not_heard(own: Ear, is_delivered: bool | None) -> tuple[str, str]:
    if not own.has_pictures:
        return "no_picture", "Nothing came from the camera meanwhile: is it online?"
    if not own.has_sound_track:
        return "no_sound_track", (
            "The camera sends no sound: switch its microphone on, and sound in its registration. Whether the speaker "
            "works cannot be told without it."
        )
    if own.sound_s < SOUND_MIN_S or own.level_dbfs < SILENT_DBFS:
        return "microphone_silent", (
            "The microphone sends silence: it is mute or broken. Whether the speaker works cannot be told without it."
        )
    if is_delivered is False:
        return "not_delivered", "The camera took the session and reports that our sound does not come: a firewall?"
    heard = "The camera reports that our sound came. " if is_delivered else ""
    return "tone_not_found", (
        f"The microphone hears the room ({own.level_dbfs:.0f} dB), and the tone is not in it. {heard}The speaker is "
        "mute or broken, its volume is too low, or the camera takes its own voice out of what it hears (echo "
        "cancellation)."
    )


def _with(
    result: DrillResult,
    outcome: DrillOutcome | None,
    cause: str,
    detail: str,
    found: Found | None = None,
    delay_ms: float | None = None,
    other: str | None = None,
) -> DrillResult:
    more = {
        "outcome": outcome,
        "cause": cause,
        "detail": detail,
        "other": other,
        "delay_ms": None if delay_ms is None else round(delay_ms, 1),
        "snr_db": None if found is None else found.snr_db,
        "level_dbfs": None if found is None else found.level_dbfs,
        "evidence": None if found is None else found.evidence,
    }
    return result.model_copy(update=more)
