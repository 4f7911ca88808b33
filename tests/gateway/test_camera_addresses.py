"""Which addresses a camera may have, and what is said about the others."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from services.gateway.camera_addresses import AddressRules, CleanUrl
from shared.camera_networks import Address, may_connect, networks_of
from shared.field_faults import FieldFault


class KnownNames:
    """A few host names."""

    async def addresses(self, host: str) -> Sequence[Address]:
        known = {
            "cam.school": ["10.1.2.3"],
            "evil.test": ["10.1.2.3", "169.254.169.254"],
            "localhost": ["127.0.0.1", "::1"],
        }
        return [ip_address(each) for each in known.get(host, [])]


RULES = AddressRules(networks_of("", allows_loopback=False))
LOOPBACK = AddressRules(
    networks_of("", allows_loopback=True), own_ports=frozenset((8080, 5432)), file_folder="/srv/films"
)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("rtsp://192.168.1.64/live", CleanUrl("rtsp://192.168.1.64/live")),
        ("rtsp://cam.school:8554/a?x=1&y=2", CleanUrl("rtsp://cam.school:8554/a?x=1&y=2")),
        ("rtsp://ana:p%40ss@10.0.0.7:554/1", CleanUrl("rtsp://10.0.0.7:554/1", "ana", "p@ss")),
        ("rtsp://ana:a@b@10.0.0.7/1", CleanUrl("rtsp://10.0.0.7/1", "ana", "a@b")),
        ("rtsp://ana@10.0.0.7/1", CleanUrl("rtsp://10.0.0.7/1", "ana", None)),
        ("RTSP://10.0.0.7/Streaming/Channels/101", CleanUrl("rtsp://10.0.0.7/Streaming/Channels/101")),
        ("rtsp://[fd12::7]:8554/a", CleanUrl("rtsp://[fd12::7]:8554/a")),
        ("http://10.0.0.7/live.flv", CleanUrl("http://10.0.0.7/live.flv")),
        ("srt://10.0.0.7:9000?mode=caller", CleanUrl("srt://10.0.0.7:9000?mode=caller")),
        (
            "rtsp://10.0.0.7/cam/realmonitor?channel=1&subtype=0#x",
            CleanUrl("rtsp://10.0.0.7/cam/realmonitor?channel=1&subtype=0"),
        ),
    ],
)
async def test_an_address_in_the_video_network_is_taken_without_its_credentials(url: str, clean: CleanUrl) -> None:
    assert await RULES.check("main.url", url, KnownNames()) == clean


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://10.0.0.7/a", "not one that cameras speak"),
        ("10.0.0.7/a", "scheme is missing"),
        ("rtsp:///a", "host is missing"),
        ("udp://10.0.0.7", "port is missing"),
        ("rtsp://10.0.0.7:99999/", "not an address"),
        ("rtsp://10.0.0.7/a b", "spaces or control"),
        ("rtsp://10.0.0.7/a\r\nX: y", "spaces or control"),
        ("rtsp://8.8.8.8/a", "not in a network where cameras may be"),
        ("rtsp://127.0.0.1/a", "not in a network where cameras may be"),
        ("rtsp://[::1]/a", "not in a network where cameras may be"),
        ("rtsp://[::ffff:127.0.0.1]/a", "not in a network where cameras may be"),
        ("http://169.254.169.254/latest/meta-data", "not in a network where cameras may be"),
        ("http://[fe80::1]/a", "not in a network where cameras may be"),
        ("rtsp://0.0.0.0/a", "not in a network where cameras may be"),
        ("rtsp://localhost/a", "not in a network where cameras may be"),
        ("rtsp://evil.test/a", "169.254.169.254 is not in a network"),
        ("rtsp://nobody.test/a", "not known here"),
        ("file:///etc/passwd", "switched off"),
    ],
)
async def test_anything_else_is_refused_in_words(url: str, problem: str) -> None:
    fault = await RULES.check("main.url", url, KnownNames())
    assert isinstance(fault, FieldFault)
    assert problem in fault.problem
    assert fault.field == "main.url"
    assert fault.change.endswith(".")


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("rtsp://127.0.0.1:8554/a", True),
        ("rtsp://localhost:8554/a", True),
        ("http://127.0.0.1:8080/a", False),  # ourselves
        ("rtsp://[::1]:5432/a", False),
        ("rtsp://169.254.1.1/a", False),
        ("file:///srv/films/kitchen.mp4", True),
        ("file:/srv/films/kitchen.mp4", True),
        ("file:///srv/films/../secret", False),
        ("file:///srv/films/%2e%2e/secret", False),
        ("file:///srv/filmsx/a", False),
        ("file://other/srv/films/a", False),
    ],
)
async def test_loopback_and_files_where_they_are_allowed(url: str, is_allowed: bool) -> None:
    assert isinstance(await LOOPBACK.check("url", url, KnownNames()), CleanUrl) is is_allowed


async def test_the_metadata_service_is_never_a_camera() -> None:
    rules = AddressRules(networks_of("0.0.0.0/0,::/0", allows_loopback=True))
    for host in ("169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0", "[::]"):
        assert isinstance(await rules.check("url", f"http://{host}/", KnownNames()), FieldFault), host
    assert isinstance(await rules.check("url", "rtsp://8.8.8.8/", KnownNames()), CleanUrl)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("192.168.1.64", True),
        ("::ffff:192.168.1.64", True),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("8.8.8.8", False),
        ("127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd12::1", True),
        ("not an address", False),
    ],
)
def test_what_is_connected_to_is_checked_again(address: str, is_allowed: bool) -> None:
    assert may_connect(networks_of("", allows_loopback=False), address) is is_allowed
