"""What libav's errors mean in this product's terms, without the URL (and the password in it) that libav quotes."""

from __future__ import annotations

import av.error

from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation

_REFUSALS = {
    av.error.HTTPBadRequestError: 400,
    av.error.HTTPUnauthorizedError: 401,
    av.error.HTTPForbiddenError: 403,
    av.error.HTTPNotFoundError: 404,
    av.error.HTTPTooManyRequestsError: 429,
    av.error.FileNotFoundError: 404,
    av.error.PermissionError: 403,
}
# Interrupted by our own timeout (ExitError) or by libav's.
_TIMEOUTS = (av.error.ExitError, av.error.TimeoutError)
_UNREADABLE = (av.error.InvalidDataError, av.error.DemuxerNotFoundError)


def peer_error(error: av.error.FFmpegError) -> PeerError:
    """The error to raise instead of libav's."""
    for kind, status in _REFUSALS.items():
        if isinstance(error, kind):
            return CameraRefused(f"it answered {status}", status=status, is_credentials=status == 401)
    if isinstance(error, av.error.HTTPOtherClientError):
        return CameraRefused("it answered with a 4xx status")
    if isinstance(error, _TIMEOUTS):
        return CameraUnreachable("timed out", code="timed_out")
    if isinstance(error, av.error.EOFError):
        return CameraUnreachable("end of stream", code="closed")
    if isinstance(error, _UNREADABLE):
        return ProtocolViolation("what it sends is no stream that libav can read")
    code = "port_closed" if isinstance(error, av.error.ConnectionRefusedError) else "unreachable"
    return CameraUnreachable((error.strerror or type(error).__name__).lower(), code=code)
