"""One viewer's pictures: begun at an IDR, shown in fast motion up to now, lost in whole GOPs, thinned when it must be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.intercom.picture_channel import Picture
from services.intercom.picture_queue import AGAIN_S, LossWatch, PictureQueue, QueueLimit


def a_picture(number: int, gop: int = 10, size: int = 100) -> Picture:
    return Picture((bytes(size),), number * 3600, number % gop == 0, size)


def taken(queue: PictureQueue) -> list[tuple[int, int]]:
    """(number, RTP time) of all that waits."""
    found = []
    while (each := queue.take()) is not None:
        found.append((each[0].at_90k // 3600, each[1]))
    return found


def test_the_gop_so_far_is_shown_right_before_its_newest_picture() -> None:
    queue = PictureQueue(lambda: None)
    queue.begin([a_picture(number) for number in range(10, 18)], 0.0)
    queue.offer(a_picture(18), 0.0)
    shown = taken(queue)
    assert [number for number, _ in shown] == list(range(10, 19))
    times = [at for _, at in shown]
    assert times[7:] == [17 * 3600, 18 * 3600], "the newest at its own time, so that the next follows as it was taken"
    assert times[0] == 17 * 3600 - 7 * 90


def test_without_a_past_it_begins_with_the_next_idr_and_nothing_was_lost() -> None:
    queue = PictureQueue(lambda: None)
    for number in range(7, 13):
        queue.offer(a_picture(number), 0.0)
    assert [number for number, _ in taken(queue)] == [10, 11, 12]
    assert queue.shed == 0


def test_who_lost_something_is_shown_the_gop_again_but_not_all_the_time() -> None:
    queue = PictureQueue(lambda: None)
    gop = [a_picture(number) for number in range(10, 15)]
    queue.begin(gop, 0.0)
    before = taken(queue)[-1][1]
    assert queue.may_begin(0.5)
    queue.begin(gop, 0.5)
    again = taken(queue)
    assert [at for _, at in again] == list(range(before + 1, before + 6)), "time never goes back"
    queue.offer(a_picture(15), 0.5)
    assert taken(queue) == [(15, 15 * 3600)]
    assert not queue.may_begin(0.5 + AGAIN_S / 2)
    assert queue.may_begin(0.5 + AGAIN_S)


def test_who_does_not_keep_up_loses_everything_to_the_next_idr() -> None:
    for limit, step_s in ((QueueLimit(size_bytes=1000), 0.0), (QueueLimit(age_s=0.2), 0.04)):
        queue = PictureQueue(lambda: None, limit)
        for number in range(45):
            queue.offer(a_picture(number), number * step_s)
        shown = [number for number, _ in taken(queue)]
        assert shown[0] % 10 == 0, "it goes on with an IDR"
        assert queue.shed > 0
        assert queue.shed + len(shown) == 45


def test_a_network_that_loses_too_much_gets_idrs_alone_until_it_has_recovered() -> None:
    watch, queue = LossWatch(), PictureQueue(lambda: None)
    reports = [0.5, 0.5, 0.0, 0.2, 0.2, 0.2, 0.2, 0.01, 0.01, 0.01, 0.01, 0.01]
    thin = [watch.report(lost) for lost in reports]
    assert thin == [False] * 5 + [True] * 6 + [False], "one bad report is no reason, one good one neither"
    queue.is_thin = True
    assert not queue.may_begin(10.0), "a full network is not given a GOP at once"
    for number in range(30):
        queue.offer(a_picture(number), 0.0)
    assert [number for number, _ in taken(queue)] == [0, 10, 20]
    queue.is_thin = False
    for number in range(30, 33):
        queue.offer(a_picture(number), 0.0)
    assert [number for number, _ in taken(queue)] == [30, 31, 32]


@given(st.lists(st.sampled_from(["offer", "begin", "take", "thin"]), max_size=120))
def test_times_only_go_on_and_every_stretch_begins_with_an_idr(steps: list[str]) -> None:
    queue, number, last = PictureQueue(lambda: None, QueueLimit(size_bytes=1500)), 0, -1
    previous: int | None = None
    for step in steps:
        if step == "offer":
            queue.offer(a_picture(number), number * 0.04)
            number += 1
        elif step == "begin" and number:
            first = (number - 1) // 10 * 10
            queue.begin([a_picture(each) for each in range(first, number)], number * 0.04)
        elif step == "thin":
            queue.is_thin = not queue.is_thin
        elif step == "take" and (each := queue.take()) is not None:
            picture, at = each
            assert at > last
            last = at
            place = picture.at_90k // 3600
            assert picture.is_idr or previous == place - 1, "no picture without the one before it"
            previous = place
