"""Which H.264 of a browser's offer carries a camera's."""

from __future__ import annotations

import pytest

from services.intercom.h264_choice import Profile, chosen, profile_of

CHROMIUM = ("42001f", "42e01f", "4d001f", "f4001f")  # 156, without hardware decoders
WITH_HARDWARE = ("42001f", "42e01f", "4d001f", "64001f")
FIREFOX = ("42e01f", "42001f")


@pytest.mark.parametrize(
    ("camera", "offered", "profile"),
    [
        ("avc1.42C01E", CHROMIUM, "constrained_baseline"),
        ("avc1.42E01E", WITH_HARDWARE, "constrained_baseline"),
        ("avc1.42001E", FIREFOX, "baseline"),
        ("avc1.4D4028", CHROMIUM, "main"),
        ("avc1.4D4028", ("64001f",), "high"),
        ("avc1.4D4028", FIREFOX, None),
        ("avc1.64002A", WITH_HARDWARE, "high"),
        ("avc1.64002A", CHROMIUM, "high_444"),
        ("avc1.640C2A", ("64001f",), "high"),
        ("avc1.64002A", FIREFOX, None),
        ("avc1.6E0028", CHROMIUM, None),  # High 10
        ("hvc1.1.6.L120", CHROMIUM, None),
        ("avc1", CHROMIUM, None),
        ("avc1.64002A", ("", "zz", "nonsense"), None),
    ],
)
def test_the_nearest_that_decodes_it_is_chosen(camera: str, offered: tuple[str, ...], profile: Profile | None) -> None:
    assert chosen(camera, offered) == profile


def test_profiles_have_the_names_of_rfc_6184() -> None:
    names = [profile_of(each) for each in ("42e01f", "42001f", "4d001f", "4de01f", "64001f", "640c1f", "f4001f")]
    assert names == [
        "constrained_baseline", "baseline", "main", "constrained_baseline", "high", "constrained_high", "high_444",
    ]  # fmt: skip
