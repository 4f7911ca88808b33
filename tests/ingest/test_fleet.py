"""What a worker pulls: shards it holds, cameras that are wanted, streams that are watched."""

import pytest

from services.ingest.fleet import Fleet, StreamRef, Watching, changes
from shared.messages.cameras import DesiredCamera, DesiredStream
from shared.subjects import CameraRef

CAMERA = CameraRef("school-1", "cook-1")
MAIN, SUB, H264 = (StreamRef(CAMERA, stream) for stream in ("main", "sub", "h264"))


def desired(url: str = "rtsp://10.0.0.1/main", *, is_enabled: bool = True, has_sub: bool = True) -> DesiredCamera:
    return DesiredCamera(
        site=CAMERA.site,
        camera=CAMERA.camera,
        name="cooking",
        main=DesiredStream(url=url),
        sub=DesiredStream(url="rtsp://10.0.0.1/sub") if has_sub else None,
        is_enabled=is_enabled,
    )


@pytest.mark.parametrize(
    ("shards", "camera", "watched", "expected"),
    [
        (set(), desired(), (), ()),
        ({CAMERA.shard}, desired(), (), (MAIN,)),
        ({CAMERA.shard}, desired(), (SUB,), (MAIN, SUB)),
        ({CAMERA.shard}, desired(has_sub=False), (SUB,), (MAIN,)),
        ({CAMERA.shard}, desired(is_enabled=False), (SUB,), ()),
        ({CAMERA.shard}, None, (SUB, MAIN), ()),
    ],
)
def test_pulls(
    shards: set[int], camera: DesiredCamera | None, watched: tuple[StreamRef, ...], expected: tuple[StreamRef, ...]
) -> None:
    fleet = Fleet(shards=shards, desired={} if camera is None else {CAMERA: camera})
    for stream in watched:
        fleet.watch(stream, "gateway-1", 0.0)
    assert tuple(sorted(fleet.pulls())) == expected


def test_changed_address_stops_then_starts() -> None:
    before = Fleet(shards={CAMERA.shard}, desired={CAMERA: desired()}).pulls()
    after = Fleet(shards={CAMERA.shard}, desired={CAMERA: desired("rtsp://10.0.0.2/main")}).pulls()
    todo = changes(before, after)
    assert todo.stop == (MAIN,)
    assert [stream for stream, _ in todo.start] == [MAIN]
    assert changes(after, after).stop == changes(after, after).start == ()


def test_sub_lingers_after_its_last_viewer() -> None:
    fleet = Fleet(shards={CAMERA.shard}, desired={CAMERA: desired()})
    fleet.watch(SUB, "gateway-1", 0.0)
    running = fleet.pulls()
    fleet.unwatch(SUB, "gateway-1")
    assert changes(running, fleet.pulls(), kept={SUB}).stop == ()
    assert changes(running, fleet.pulls()).stop == (SUB,)


def test_holder_that_died_expires_and_others_stay() -> None:
    fleet = Fleet()
    fleet.watch(MAIN, "gateway-1", 1.0)
    fleet.watch(MAIN, "gateway-2", 9.0)
    fleet.watch(SUB, "gateway-1", 1.0)
    assert fleet.expire_watches(5.0) == [SUB]
    assert fleet.watching(MAIN) is Watching.EACH
    assert fleet.watching(SUB) is Watching.NOBODY


def test_transcode_only_for_my_cameras() -> None:
    fleet = Fleet(desired={CAMERA: desired()})
    fleet.watch(H264, "gateway-1", 0.0)
    assert fleet.transcodes() == frozenset()
    fleet.shards.add(CAMERA.shard)
    assert fleet.transcodes() == {CAMERA}


def test_the_most_that_anybody_asks_counts() -> None:
    fleet = Fleet()
    fleet.watch(MAIN, "gateway-1", 1.0, Watching.GROUPED)
    assert fleet.watching(MAIN) is Watching.GROUPED
    fleet.watch(MAIN, "gateway-2", 1.0, Watching.EACH)
    assert fleet.watching(MAIN) is Watching.EACH
    fleet.unwatch(MAIN, "gateway-2")
    assert fleet.watching(MAIN) is Watching.GROUPED
