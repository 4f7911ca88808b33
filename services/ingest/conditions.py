"""What is the matter with a camera, in a word for programs and a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.messages.cameras import CameraCondition


class CameraFrozen(CameraUnreachable):
    """The connection stands and nothing comes: SIGSTOP, a hung encoder, a cut cable without FIN."""


class NoVideo(PeerError):
    """The camera plays, and offers no video track that we know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition with its reason. `reason_code` is stable; the console translates it."""

    condition: CameraCondition
    reason_code: str
    reason: str


STARTING = Finding("connecting", "starting", "Connecting to the camera for the first time.")
DISABLED = Finding("disabled", "disabled", "Switched off in the registry. Enable the camera to see it.")
ONLINE = Finding("online", "ok", "Pictures are coming.")


def finding_of(error: PeerError) -> Finding:
    """Name the condition behind an error of a source.

    The order matters: the subclasses say more than their bases.
    """
    text = str(error)
    if isinstance(error, CameraRefused):
        return _refusal(error, text)
    if isinstance(error, CameraFrozen):
        return Finding("stalled", "frozen", f"{text} Check the camera's power and the network cable; restart it.")
    if isinstance(error, NoVideo):
        return Finding("refused", "no_video", f"{text} Set the camera's encoder to H.264 or H.265.")
    if isinstance(error, ProtocolViolation):
        return Finding("stalled", "protocol", f"The camera sent what the standard does not allow: {text}.")
    if isinstance(error, CameraUnreachable):
        return _unreachable(error)
    return Finding("unreachable", "failed", text)


def _refusal(error: CameraRefused, text: str) -> Finding:
    if error.is_credentials:
        return Finding(
            "refused",
            "wrong_password",
            "The camera refused the user name or password. Correct it; until then it is tried once a minute "
            "so that the camera does not lock the account.",
        )
    if error.status == 404:
        return Finding("refused", "not_found", "The camera knows no such stream. Check the path in its address.")
    if error.status == 453:
        return Finding("refused", "busy", "The camera has no bandwidth or session left. Close other viewers of it.")
    return Finding("refused", "refused", f"The camera refused: {text}.")


_UNREACHABLE_SENTENCES = {
    "port_closed": "Nothing listens at that address and port. Check both, and that RTSP is switched on.",
    "no_such_host": "The host name is not known. Check the address.",
    "no_route": "There is no way to that network. Check the address and the route or VPN.",
    "timed_out": "No answer in time. Check the camera's power, its address and the firewall.",
    "closed": "The camera ended the stream. It may be restarting; it is tried again.",
}


def _unreachable(error: CameraUnreachable) -> Finding:
    sentence = _UNREACHABLE_SENTENCES.get(error.code, f"The camera cannot be reached: {error}")
    return Finding("unreachable", error.code, sentence)
