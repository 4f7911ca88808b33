"""The error classes of the whole product, split by whose fault a failure is."""

from __future__ import annotations

from collections.abc import Sequence

from shared.field_faults import FieldFault


class BrightKitchenError(Exception):
    """Base of every error this product raises on purpose."""


class PeerError(BrightKitchenError):
    """The other side of a connection failed; a supervised retry with back-off follows."""


class CameraUnreachable(PeerError):
    """No connection, or nothing came within the limit: network, power or address.

    `code` is stable and says which: port_closed, no_route, no_such_host, timed_out, closed, or unreachable where
    nobody knows more.
    """

    def __init__(self, message: str, *, code: str = "unreachable"):
        super().__init__(message)
        self.code = code


# RFC 2326 11.3.4: 453 Not Enough Bandwidth; 486 Busy Here, as SIP has it; RTSP and HTTP: 503 Service Unavailable.
_BUSY = (453, 486, 503)


class CameraRefused(PeerError):
    """The camera answered and said no: wrong password, unknown path, no free session.

    `status` is the RTSP or HTTP status code that said so, None where there was none.
    `is_credentials` is True when trying again with the same password can only lock the account.
    `code` is stable and says which: credentials, busy (others have all it gives), no_speaker, codec (it takes sound as
    something that we cannot make), or refused where nobody knows more.
    """

    def __init__(
        self, message: str, *, status: int | None = None, is_credentials: bool = False, code: str | None = None
    ):
        super().__init__(message)
        self.status = status
        self.is_credentials = is_credentials
        found = "credentials" if is_credentials else "busy" if status in _BUSY else "refused"
        self.code = code or found


class ProtocolViolation(PeerError):
    """Bytes that the standard does not allow. Hostile input always ends here, never in an IndexError.

    `camera`, `sequence` and `offset` say where: camera id, RTP sequence number or CSeq, byte offset.
    """

    def __init__(
        self,
        message: str,
        *,
        camera: str | None = None,
        sequence: int | None = None,
        offset: int | None = None,
    ):
        super().__init__(message)
        self.camera = camera
        self.sequence = sequence
        self.offset = offset

    def __str__(self) -> str:
        where = [
            f"{name}={value}"
            for name, value in (("camera", self.camera), ("sequence", self.sequence), ("offset", self.offset))
            if value is not None
        ]
        return super().__str__() + (f" ({', '.join(where)})" if where else "")


class ResourceExhausted(BrightKitchenError):
    """Disk, queue or GPU is full: load is shed by a stated rule and a health alert raised."""


class RequestRefused(BrightKitchenError):
    """The caller asked for something that cannot be; `code` is stable, the text says what to change.

    `faults`: the fields that are wrong, where it is about fields.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, faults: Sequence[FieldFault] = ()):
        super().__init__(message)
        self.code = code
        self.status = status
        self.faults = tuple(faults)
