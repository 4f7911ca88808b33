"""Recorded bytes: from S3 by a signed address, or from the bus while they are not stored yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from services.gateway.handlers.recordings import no_such_recording
from services.gateway.recordings import ByteRange, Passage, RecordingsUnreachable
from shared import subjects
from shared.bus import Bus
from shared.errors import RequestRefused
from shared.messages.playback import GopPlace
from shared.subjects import CameraRef

_LIMIT = httpx.Timeout(15.0, connect=3.0)
# One person scrubbing 16 cameras; beyond it requests wait their turn.
_CONNECTIONS = httpx.Limits(max_connections=200, max_keepalive_connections=64)
_VIDEO = "video/mp4"


class S3AndBusBytes:
    """Implements `RecordedBytes`."""

    def __init__(self, bus: Bus):
        self._bus = bus
        # The addresses are signed by the recorder: this service has no key to S3.
        self._http = httpx.AsyncClient(timeout=_LIMIT, limits=_CONNECTIONS, trust_env=False, follow_redirects=False)

    async def of_object(self, url: str, wanted: ByteRange | None) -> Passage:
        return await self._fetch(url, None if wanted is None else _header(wanted))

    async def of_gop(self, camera: CameraRef, stream: str, place: GopPlace, wanted: ByteRange | None) -> Passage:
        first, length = _within(wanted, place.size_bytes)
        headers = _headers(wanted, first, length, place.size_bytes)
        if place.url is not None:
            begin = place.offset + first
            found = await self._fetch(place.url, f"bytes={begin}-{begin + length - 1}")
            return Passage(206 if wanted is not None else 200, headers, found.pieces)
        data = await self._from_bus(camera, stream, place)
        return Passage(206 if wanted is not None else 200, headers, _whole(data[first : first + length]))

    async def close(self) -> None:
        await self._http.aclose()

    async def _fetch(self, url: str, range_header: str | None) -> Passage:
        asked = self._http.build_request("GET", url, headers={"Range": range_header} if range_header else None)
        try:
            answer = await self._http.send(asked, stream=True)
        except httpx.HTTPError as error:
            raise RecordingsUnreachable(f"no answer from S3: {error or type(error).__name__}") from error
        if answer.status_code not in (200, 206):
            await answer.aclose()
            if answer.status_code == 404:
                raise no_such_recording()
            if answer.status_code == 416:
                raise _no_such_bytes()
            raise RecordingsUnreachable(f"S3 answers {answer.status_code}")
        kept = ("content-length", "content-range")
        headers = {name: answer.headers[name] for name in kept if name in answer.headers}
        headers |= {"accept-ranges": "bytes", "content-type": _VIDEO}
        return Passage(answer.status_code, headers, _pieces(answer))

    async def _from_bus(self, camera: CameraRef, stream: str, place: GopPlace) -> bytes:
        assert place.first_media_seq is not None
        assert place.last_media_seq is not None
        batch = await self._bus.media_after(
            subjects.media(camera, stream), place.first_media_seq - 1, max_bytes=place.size_bytes + 1024 * 1024
        )
        seen: set[int] = set()
        parts = []
        for number, fragment in batch.items:
            if number <= place.last_media_seq and fragment.header.seq not in seen:
                seen.add(fragment.header.seq)
                parts.append(fragment.payload)
        data = b"".join(parts)
        if len(data) < place.size_bytes:
            raise no_such_recording()  # the bus has let go of it; by now it is in S3: the next try finds it there
        return data[: place.size_bytes]


def _within(wanted: ByteRange | None, size_bytes: int) -> tuple[int, int]:
    found = (0, size_bytes) if wanted is None else wanted.within(size_bytes)
    if found is None:
        raise _no_such_bytes()
    return found


def _headers(wanted: ByteRange | None, first: int, length: int, size_bytes: int) -> dict[str, str]:
    headers = {"accept-ranges": "bytes", "content-type": _VIDEO, "content-length": str(length)}
    if wanted is not None:
        headers["content-range"] = f"bytes {first}-{first + length - 1}/{size_bytes}"
    return headers


def _header(wanted: ByteRange) -> str:
    first = "" if wanted.first is None else str(wanted.first)
    return f"bytes={first}-{'' if wanted.last is None else wanted.last}"


def _no_such_bytes() -> RequestRefused:
    return RequestRefused("no_such_bytes", "The file is shorter than the range asked for.", status=416)


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_bytes():
            yield piece
    finally:
        await answer.aclose()


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
