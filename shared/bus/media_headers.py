"""A fragment's header as NATS message headers, and back."""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import ProtocolViolation
from shared.media.fragment import Fragment, FragmentHeader

_FLAGS = {"0": False, "1": True}


def header_text(header: FragmentHeader) -> str:
    """The header block of an HPUB, blank line included, ASCII. One f-string: it is made for every fragment."""
    return (
        f"NATS/1.0\r\nBk-Run: {header.run}\r\nBk-Seq: {header.seq}\r\nBk-Pts: {header.pts_90k}\r\n"
        f"Bk-Dur: {header.duration_90k}\r\nBk-Cap: {header.captured_us}\r\nBk-Rcv: {header.received_us}\r\n"
        f"Bk-Idr: {1 if header.is_idr else 0}\r\nBk-Init: {header.init_bytes}\r\nBk-Codecs: {header.codecs}\r\n"
        f"Bk-Sha256: {header.sha256}\r\n\r\n"
    )


def decode_fragment(headers: Mapping[str, str] | None, payload: bytes) -> Fragment:
    """Raises ProtocolViolation where a header is missing or not what it should be."""
    if headers is None:
        raise ProtocolViolation("media message without headers")
    try:
        return Fragment(
            FragmentHeader(
                run=headers["Bk-Run"],
                seq=int(headers["Bk-Seq"]),
                pts_90k=int(headers["Bk-Pts"]),
                duration_90k=int(headers["Bk-Dur"]),
                captured_us=int(headers["Bk-Cap"]),
                received_us=int(headers["Bk-Rcv"]),
                is_idr=_FLAGS[headers["Bk-Idr"]],
                init_bytes=int(headers["Bk-Init"]),
                codecs=headers["Bk-Codecs"],
                sha256=headers["Bk-Sha256"],
            ),
            payload,
        )
    except (KeyError, ValueError) as error:
        raise ProtocolViolation(f"media message with a bad header: {error}") from error
