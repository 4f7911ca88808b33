"""When packets are played: at once on an even network, later by what it wavers, never later than the bound."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intercom.playout import DELAY_MAX_S, PACKET_S, PATIENCE_S, TOLERANCE_S, Gap, Packet, Playout


class Listener:
    """Plays what comes, on a clock of its own."""

    def __init__(self) -> None:
        self.playout = Playout()
        self.played: list[tuple[float, int | None]] = []

    def run(self, arrivals: list[tuple[float, int]], until_s: float) -> None:
        """Arrivals (when, number) in the order in which they come."""
        waiting = sorted(arrivals)
        now = 0.0
        while now < until_s:
            due = self.playout.due()
            comes = waiting[0][0] if waiting else float("inf")
            if due is not None and due <= comes:
                now = max(now, due)
                if now >= until_s:
                    return
                self._play(now)
            elif waiting:
                now, number = waiting.pop(0)
                self.playout.put(number & 0xFFFF, number.to_bytes(4), 96, now)
                while (due := self.playout.due()) is not None and due <= now:
                    self._play(now)
            else:
                return

    def _play(self, now: float) -> None:
        taken = self.playout.take(now)
        self.played.append((now, int.from_bytes(taken.payload) if isinstance(taken, Packet) else None))

    @property
    def delays(self) -> list[float]:
        """Of packets that were sent one by one from 0 on, against when they were sent."""
        return [at - number * PACKET_S for at, number in self.played if number is not None]


def sent(count: int, delay: float = 0.01, begin: int = 0) -> list[tuple[float, int]]:
    return [(number * PACKET_S + delay, begin + number) for number in range(count)]


def test_an_even_network_costs_nothing() -> None:
    listener = Listener()
    listener.run(sent(200), 10)
    assert [number for _, number in listener.played[:200]] == list(range(200))
    assert max(listener.delays) == pytest.approx(0.01, abs=1e-6)


def test_one_late_packet_delays_what_follows_and_is_forgiven() -> None:
    arrivals = sent(600)
    arrivals[50] = (arrivals[50][0] + 0.018, 50)
    listener = Listener()
    listener.run(arrivals, 12)
    assert listener.delays[55] == pytest.approx(0.028 - TOLERANCE_S, abs=1e-6)
    assert listener.delays[-1] < 0.016, "the delay has shrunk again"
    assert listener.playout.lost == listener.playout.late == 0


def test_a_single_stall_is_forgiven_within_three_seconds() -> None:
    """Nothing for 40 ms, then all of it at once, as a busy machine does."""
    arrivals = [(max(at, 2.05) if 100 <= number < 103 else at, number) for at, number in sent(600)]
    listener = Listener()
    listener.run(arrivals, 12)
    delay_at = {number: at - number * PACKET_S for at, number in listener.played if number is not None}
    assert delay_at[105] > 0.045
    assert delay_at[250] < 0.016, "three seconds later"


def test_a_lost_packet_is_filled_and_costs_no_delay() -> None:
    arrivals = [one for one in sent(300) if one[1] != 100]
    listener = Listener()
    listener.run(arrivals, 6)
    place = [number for _, number in listener.played].index(None)
    assert [number for _, number in listener.played[place - 1 : place + 2]] == [99, None, 101]
    assert listener.playout.lost == 1
    assert listener.delays[-1] < 0.01 + PACKET_S


def test_two_that_change_places_are_played_in_order() -> None:
    arrivals = sent(100)
    arrivals[40], arrivals[41] = (arrivals[41][0], 40), (arrivals[41][0] - 0.001, 41)
    listener = Listener()
    listener.run(arrivals, 2)
    numbers = [number for _, number in listener.played if number is not None]
    assert numbers == sorted(numbers)
    assert {40, 41} <= set(numbers)


def test_a_network_that_stops_gives_gaps_in_time_and_no_backlog() -> None:
    arrivals = [(at if number < 50 or number >= 100 else 2.0 + 1e-5 * number, number) for at, number in sent(300)]
    listener = Listener()
    listener.run(arrivals, 6)
    gaps = [at for at, number in listener.played if number is None]
    assert len(gaps) == pytest.approx(1.0 / PACKET_S, abs=3), "the camera is given something every 20 ms"
    after = [delay for (at, number), delay in zip(
        [one for one in listener.played if one[1] is not None], listener.delays, strict=True) if at > 2.2]  # fmt: skip
    assert max(after) <= DELAY_MAX_S + PATIENCE_S + 0.011
    assert listener.playout.dropped >= 40, "late sound is dropped, not queued"


def test_numbers_wrap_and_a_talker_may_begin_anew() -> None:
    listener = Listener()
    listener.run(sent(100, begin=0xFFD0), 5)
    assert len([number for _, number in listener.played if number is not None]) == 100
    assert listener.playout.lost == 0
    listener = Listener()
    listener.run([*sent(50), *[(2 + at, number) for at, number in sent(50, begin=30_000)]], 5)
    assert listener.played[-2][1] is None or listener.played[-1][1] in (30_049, None)
    assert 30_049 in [number for _, number in listener.played]


def test_a_talker_whose_clock_runs_fast_does_not_fall_behind() -> None:
    """300 ppm for ten minutes: 180 ms."""
    arrivals = [(number * PACKET_S * (1 - 300e-6) + 0.01, number) for number in range(30_000)]
    listener = Listener()
    listener.run(arrivals, 700)
    behind = [at - came for (at, _), (came, _) in zip(listener.played, arrivals, strict=False)]
    assert max(behind) < 0.01


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.3), st.booleans()), min_size=5, max_size=200), st.integers(0, 0xFFFF))
def test_whatever_the_network_does_the_pace_and_the_bounds_hold(waves: list[tuple[float, bool]], begin: int) -> None:
    arrivals = [
        (number * PACKET_S + wave, begin + number) for number, (wave, is_lost) in enumerate(waves) if not is_lost
    ]
    listener = Listener()
    listener.run(arrivals, len(waves) * PACKET_S + 1)
    first = min(arrivals, default=(0.0, begin))[1]
    arrivals = [one for one in arrivals if one[1] >= first]  # what is older than the first is no part of it
    numbers = [number for _, number in listener.played if number is not None]
    assert numbers == sorted(set(numbers)), "each once, in order"
    times = np.array([at for at, _ in listener.played])
    assert (np.diff(times) >= -1e-9).all()
    playout = listener.playout
    assert len(numbers) + playout.late + playout.dropped + len(playout._held) >= len(arrivals) - 1


def wavering(count: int, jitter_s: float, loss: float, seed: int = 1) -> list[tuple[float, int]]:
    chance = random.Random(seed)
    return [
        (number * PACKET_S + 0.01 + chance.uniform(0, jitter_s), number)
        for number in range(count)
        if chance.random() >= loss
    ]


@pytest.mark.parametrize(
    ("jitter_s", "loss", "delay_s"),
    [
        (0.0, 0.0, 0.0),
        (0.003, 0.0, 0.003),
        (0.010, 0.0, 0.010),
        (0.050, 0.0, 0.055),
        (0.0, 0.05, 0.045),
        (0.050, 0.05, 0.080),
    ],
)
def test_what_comes_is_played_and_the_delay_is_what_the_network_wavers(
    jitter_s: float, loss: float, delay_s: float
) -> None:
    arrivals = wavering(3000, jitter_s, loss)
    listener = Listener()
    listener.run(arrivals, 3000 * PACKET_S)
    played = [number for _, number in listener.played if number is not None]
    assert len(played) >= 0.99 * len(arrivals)
    assert np.percentile(listener.delays, 95) - 0.01 <= delay_s + 1e-6
    spaces = np.diff([at for at, _ in listener.played])[100:]
    assert np.percentile(spaces, 1) >= PACKET_S - TOLERANCE_S - 1e-6
    assert np.percentile(spaces, 99) <= PACKET_S + TOLERANCE_S + 1e-6, "the camera is given one every 20 ms"


def test_a_little_unevenness_is_passed_on_and_costs_no_delay() -> None:
    arrivals = wavering(500, 0.5 * TOLERANCE_S, 0.0)
    listener = Listener()
    listener.run(arrivals, 10)
    came = {number: at for at, number in arrivals}
    waited = [at - came[number] for at, number in listener.played if number is not None]
    assert np.mean(waited[100:]) < 0.0015


def test_what_was_filled_is_not_played_when_something_later_comes() -> None:
    """Half a second is lost: five hundred milliseconds of silence, then the talker as if nothing had been."""
    arrivals = [one for one in sent(300) if not 100 <= one[1] < 125]
    listener = Listener()
    listener.run(arrivals, 6)
    assert listener.playout.lost == 25
    assert max(listener.delays[-100:]) < 0.01 + 1.5 * PACKET_S


def test_one_that_was_overtaken_by_much_moves_the_slots() -> None:
    arrivals = sent(400)
    for number in range(100, 130, 10):
        arrivals[number] = (arrivals[number][0] + 0.035, number)
    listener = Listener()
    listener.run(arrivals, 8)
    assert listener.playout.late >= 1, "the first comes when its slot was filled"
    assert [number for _, number in listener.played].count(120) == 1, "the last is waited for"


def test_copies_are_no_reason_for_delay() -> None:
    arrivals = sent(200)
    listener = Listener()
    listener.run([*arrivals, *[(at + 0.1, number) for at, number in arrivals]], 4)
    assert max(listener.delays) == pytest.approx(0.01, abs=1e-6)
    assert listener.playout.late == 0


def test_a_lost_packet_is_guessed_from_the_one_behind_it() -> None:
    playout = Playout()
    for number, at in ((0, 0.0), (1, 0.02)):
        playout.put(number, bytes([number]), 111, at)
        playout.take(at)
    playout.put(3, b"behind", 111, 0.06)
    due = playout.due()
    assert due is not None
    assert playout.take(due) == Gap(Packet(b"behind", 111))
    assert isinstance(playout.take(playout.due() or 0.0), Packet)


def test_what_is_taken_where_nothing_is_there() -> None:
    playout = Playout()
    assert playout.due() is None
    playout.put(7, b"a", 0, 1.0)
    assert playout.due() == 1.0
    assert isinstance(playout.take(1.0), Packet)
    assert playout.due() == pytest.approx(1.0 + PACKET_S + PATIENCE_S)
    assert playout.take(1.04) == Gap()
