"""When each recorded picture was filmed, read from the recorded bytes themselves as a playlist names them."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import av

from tests.e2e.live_client import Api


def picture_times_ms(api: Api, camera: str, from_ms: float, to_ms: float) -> list[float]:
    """Milliseconds UTC, in order, of the GOPs that show something of [from_ms, to_ms)."""
    span = {
        name: datetime.fromtimestamp(at / 1000, UTC).isoformat() for name, at in (("start", from_ms), ("end", to_ms))
    }
    answer = api.http.get(f"/cameras/{camera}/playback.m3u8", params=span)
    assert answer.status_code == 200, answer.text
    times: list[float] = []
    begins_ms, init, media, place = 0.0, b"", b"", ""
    for line in answer.text.splitlines():
        if line.startswith("#EXT-X-MAP"):
            times += _times_ms(begins_ms, init + media)
            found = re.search(r'URI="(.+)",BYTERANGE="(\d+@\d+)"', line)
            assert found is not None, line
            init, media = _part(api, camera, found[1], found[2]), b""
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            times += _times_ms(begins_ms, init + media) if media else []
            begins_ms = datetime.fromisoformat(line.partition(":")[2]).timestamp() * 1000
            media = b""
        elif line.startswith("#EXT-X-BYTERANGE:"):
            place = line.partition(":")[2]
        elif line and not line.startswith("#"):
            media += _part(api, camera, line, place)
    return times + _times_ms(begins_ms, init + media)


def _part(api: Api, camera: str, uri: str, place: str) -> bytes:
    size, offset = map(int, place.split("@"))
    answer = api.http.get(f"/cameras/{camera}/{uri}", headers={"Range": f"bytes={offset}-{offset + size - 1}"})
    assert answer.status_code == 206, answer.text
    return answer.content


def _times_ms(begins_ms: float, stretch: bytes) -> list[float]:
    if not stretch:
        return []
    with av.open(io.BytesIO(stretch)) as film:
        shown = sorted(
            float(packet.pts * packet.time_base)
            for packet in film.demux(video=0)
            if packet.pts is not None and packet.time_base is not None
        )
    return [begins_ms + 1000 * (at - shown[0]) for at in shown]
