"""captured_at: from arrival, from sender reports, and never from a clock that cannot be believed."""

from services.ingest.capture_clock import CaptureClock

START_US = 1_700_000_000_000_000
FRAME_90K = 3600


def test_arrival_takes_the_least_delay() -> None:
    clock = CaptureClock(2_000_000)
    delays_us = [30_000, 5_000, 80_000, 9_000]
    captured = [clock.captured_us(i * FRAME_90K, START_US + i * 40_000 + delay) for i, delay in enumerate(delays_us)]
    # from the second picture on the least delay seen (5 ms) is what all are dated by, give or take the leak
    assert abs(captured[2] - (START_US + 80_000 + 5_000)) < 100
    assert abs(captured[3] - (START_US + 120_000 + 5_000)) < 100


def test_slow_crystal_is_followed() -> None:
    clock = CaptureClock(2_000_000)
    captured = received = 0
    for i in range(25 * 3600):
        received = START_US + int(i * 40_000 * 1.0001)  # 100 ppm slow
        captured = clock.captured_us(i * FRAME_90K, received)
    assert abs(captured - received) < 5_000


def test_sender_report_is_believed_within_tolerance() -> None:
    clock = CaptureClock(2_000_000)
    clock.sender_report(START_US - 150_000, 0, START_US)
    assert clock.captured_us(FRAME_90K, START_US + 400_000) == START_US - 150_000 + 40_000
    assert clock.is_camera_believed
    assert clock.drift_us == -150_000


def test_camera_in_1970_is_not_believed() -> None:
    clock = CaptureClock(2_000_000)
    clock.sender_report(12_000_000, 0, START_US)
    assert clock.captured_us(0, START_US) == START_US
    assert not clock.is_camera_believed
    assert clock.drift_us == 12_000_000 - START_US


def test_day_of_pictures_does_not_drift() -> None:
    clock = CaptureClock(2_000_000)
    pictures = 24 * 3600 * 25
    captured = 0
    for i in range(0, pictures, 25):
        pts_90k = i * FRAME_90K
        if i % 125 == 0:
            clock.sender_report(START_US + i * 40_000, pts_90k, START_US + i * 40_000 + 3_000)
        captured = clock.captured_us(pts_90k, START_US + i * 40_000 + 3_000)
    assert captured == START_US + (pictures - 25) * 40_000
