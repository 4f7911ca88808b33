"""Incidents put together without I/O: kitchens, outages of schools and districts, whatever the order."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.folding.folds import Group, Member, StormPolicy, folded
from services.alerting.folding.kitchens import Kitchens
from shared.subjects import CameraRef
from tests.alerting.calendars import calendar
from tests.alerting.facts import camera

MINUTE = 60


def away(place: str, first: int, last: int | None = None, **more: bool | int) -> Member:
    """Times in seconds; without `last` it is not back."""
    return Member(f"{place}-{first}", place, first, first if last is None else last, last is None, **more)  # type: ignore[arg-type]


def groups(*members: Member, folds: bool = True, needed: int | None = 3, window: int = 90) -> list[Group]:
    return sorted(folded(members, folds=folds, needed=needed, window_us=window), key=lambda one: one.head)


def test_cameras_that_see_it_at_the_same_time_are_one_alert_named_after_the_first() -> None:
    found = groups(away("b", 10, 20), away("a", 15, 40), away("c", 200, 210), needed=None)
    assert found == [Group("b-10", ("b-10", "a-15"), False), Group("c-200", ("c-200",), False)]
    again = groups(away("b", 10, 20, reopen_us=30), away("a", 45, 50), needed=None)
    assert again == [Group("b-10", ("b-10", "a-45"), False)]


def test_a_power_cut_is_one_alert_and_does_not_hide_in_what_was_away_before() -> None:
    morning = away("old", 0)
    cut = [away("a", 1000, 1600), away("b", 1010, 1650), away("c", 1050, 1700)]
    later = away("d", 1500, 1600)
    next_day = away("a", 9000)
    found = groups(morning, *cut, later, next_day)
    assert found == [
        Group("a-1000", ("a-1000", "b-1010", "c-1050", "d-1500"), True),
        Group("old-0", ("old-0", "a-9000"), False),
    ]


def test_cameras_that_fail_one_by_one_are_no_power_cut() -> None:
    assert not any(one.is_outage for one in groups(away("a", 0), away("b", 60), away("c", 120)))
    # One camera that comes and goes is one camera.
    flapping = [away("a", second, second + 5) for second in range(0, 60, 10)]
    assert not any(one.is_outage for one in groups(*flapping))
    assert StormPolicy().needed(2) == 3, "a kitchen of two cameras has no outage"
    assert StormPolicy(share=0.6).needed(31) == 19


def test_without_folding_an_outage_is_one_alert_and_everything_else_its_own() -> None:
    found = groups(*[away(place, 0, 100) for place in "abc"], away("d", 300, 310), away("e", 305, 310), folds=False)
    assert [(one.head, len(one.members)) for one in found] == [("a-0", 3), ("d-300", 1), ("e-305", 1)]


def test_what_is_kept_quiet_never_hides_what_is_loud() -> None:
    found = groups(away("a", 0, is_silent=True), away("b", 5), away("c", 6), needed=None)
    assert [one.head for one in found] == ["a-0", "b-5"]
    assert found[1].members == ("b-5", "c-6")


def test_an_alert_that_people_hold_stays_the_first() -> None:
    found = groups(away("a", 0), away("b", 10, is_pinned=True), needed=None)
    assert found == [Group("b-10", ("a-0", "b-10"), False)]


_MEMBERS = st.lists(
    st.builds(
        lambda place, first, length, is_silent, reopen: away(
            place, first, None if length == 0 else first + length, is_silent=is_silent, reopen_us=reopen
        ),
        st.sampled_from("abcdefgh"),
        st.integers(0, 600),
        st.sampled_from((0, 5, 30, 120)),
        st.booleans(),
        st.sampled_from((0, 20)),
    ),
    max_size=14,
    unique_by=lambda one: one.alert,
)


@settings(max_examples=300, deadline=None)
@given(_MEMBERS, st.booleans(), st.none() | st.integers(2, 5), st.integers())
def test_order_never_matters_and_everybody_belongs_to_one(
    members: list[Member], folds: bool, needed: int | None, seed: int
) -> None:
    found = groups(*members, folds=folds, needed=needed)
    shuffled = list(members)
    random.Random(seed).shuffle(shuffled)
    assert groups(*shuffled, folds=folds, needed=needed) == found
    assert sorted(id for one in found for id in one.members) == sorted(one.alert for one in members)
    by_id = {one.alert: one for one in members}
    for one in found:
        some = [by_id[id] for id in one.members]
        assert one.head == min(some, key=lambda each: (each.first_us, each.alert)).alert
        assert len({each.is_silent for each in some}) == 1
        if one.is_outage:
            first = some[0].first_us
            assert needed is not None
            assert len({each.place for each in some if each.first_us <= first + 90}) >= needed


def test_who_is_where_follows_the_calendars() -> None:
    tree = CalendarTree()
    for one in (calendar(), calendar("town", parent="district", sites=("s1", "s2")), calendar("own", sites=("s3",))):
        tree.changed(one.calendar, [one])
    kitchens = Kitchens(tree)
    for site, count in (("s1", 3), ("s2", 2), ("s3", 1), ("s4", 1)):
        for number in range(count):
            ref = CameraRef(site, f"{site}-{number}")
            kitchens.camera_desired(ref, camera(ref.camera, site))
    assert (kitchens.cameras_of("s1"), kitchens.cameras_of("nowhere")) == (3, 0)
    assert kitchens.sites_of(kitchens.unit_of("s1", 0), 0) == ["s1", "s2"]
    assert kitchens.sites_of(kitchens.unit_of("s4", 0), 0) == ["s3", "s4"]
    kitchens.camera_desired(CameraRef("s3", "s3-0"), None)
    kitchens.camera_desired(CameraRef("s1", "s1-0"), camera("s1-0", "s1", is_enabled=False))
    assert (kitchens.cameras_of("s1"), kitchens.sites_of("", 0)) == (2, ["s4"])
