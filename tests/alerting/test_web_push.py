"""Web Push: the vectors of the standard, and the channel towards a push service that reads as a browser does."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.alerting.adapters.channels.web_push import WebPushChannel
from services.alerting.notices.channel import AddressRules, ChannelFailed, Outgoing, Taken
from services.alerting.notices.note import Note, note_of, trial_note
from services.alerting.notices.thing import Thing, thing_of, topic_id
from services.alerting.notices.words import Reader, Told, trial_words
from services.alerting.push.base64url import decoded, encoded
from services.alerting.push.encryption import BODY_BYTES_MAX, PLAIN_BYTES_MAX, DeviceKeys, encrypt
from services.alerting.push.services import PushServices
from services.alerting.push.vapid import VapidKey
from services.alerting.push_settings import PushSettings
from services.alerting.settings import Settings
from shared.camera_networks import networks_of
from shared.embedded.ports import HOST, free_port
from shared.errors import RequestRefused
from shared.messages.base import Fact
from shared.messages.notices import device_id
from tests.alerting.notice_values import order, raised
from tests.alerting.push_service import CURVE, Browser, PushService, certificate, checked_token, push_service

LIMIT_S = 10.0
LOOPBACK = networks_of("127.0.0.0/8", allows_loopback=False)
KEY = VapidKey(ec.generate_private_key(CURVE))
# RFC 8291 appendix A.
AS_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
UA_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
UA_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT, AUTH = "DGv6ra1nlYgDCS1FRnbzlw", "BTBZMqHH6r4Tts7J_aSIgg"
PLAIN = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), CURVE)


def test_the_example_of_the_standard_to_the_byte() -> None:
    device = DeviceKeys.parse(UA_PUBLIC, AUTH)
    assert encoded(encrypt(PLAIN, device, private(AS_PRIVATE), decoded(SALT))) == BODY
    assert Browser(private(UA_PRIVATE), decoded(AUTH)).read(decoded(BODY)) == PLAIN
    assert DeviceKeys.from_secret(device.text) == device


def test_the_largest_message_fits_and_one_byte_more_is_refused() -> None:
    browser = Browser()
    device = DeviceKeys.from_secret(browser.secret)
    full = b"x" * PLAIN_BYTES_MAX
    body = encrypt(full, device, private(AS_PRIVATE), b"s" * 16)
    assert len(body) == BODY_BYTES_MAX
    assert browser.read(body) == full
    with pytest.raises(ValueError, match="too many"):
        encrypt(full + b"x", device, private(AS_PRIVATE), b"s" * 16)
    with pytest.raises(InvalidTag):
        Browser().read(body)


def test_a_token_is_what_a_push_service_accepts() -> None:
    again = VapidKey.parse(KEY.text)
    assert again.public == KEY.public
    claims = checked_token(
        again.authorization("https://push.example", "mailto:a@b.example", 1000), "https://push.example", 1000
    )
    assert (claims["sub"], claims["k"]) == ("mailto:a@b.example", KEY.public)
    assert "sub" not in checked_token(
        again.authorization("https://push.example", "", 1000), "https://push.example", 1000
    )
    for wrong in ("", "AAAA", "not base64url!", encoded(b"\0" * 32), encoded(b"\xff" * 32)):
        with pytest.raises(ValueError, match=r".+"):
            VapidKey.parse(wrong)


@given(st.text(max_size=200), st.text(max_size=60))
def test_keys_of_a_browser_are_keys_or_refused(p256dh: str, auth: str) -> None:
    try:
        DeviceKeys.parse(p256dh, auth)
    except ValueError:
        return
    raise AssertionError("text by chance is no point of the curve")


def test_a_point_that_is_not_on_the_curve_is_refused() -> None:
    point = bytearray(decoded(UA_PUBLIC))
    point[-1] ^= 1
    with pytest.raises(ValueError, match=r".+"):
        DeviceKeys.parse(encoded(bytes(point)), AUTH)


RULES = AddressRules((), frozenset(), has_mail=False, push=PushServices.parse("browsers, push.bureau.example:8443"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", None),
        ("https://FCM.googleapis.com:443/wp/abc", None),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", None),
        ("https://wns2-par02p.notify.windows.com/w/?token=abc", None),
        ("https://web.push.apple.com/abc", None),
        ("https://push.bureau.example:8443/abc", None),
        ("http://fcm.googleapis.com/fcm/send/abc", "https alone"),
        ("https://fcm.googleapis.com:8443/abc", "BK_NOTICE_PUSH_HOSTS"),
        ("https://push.bureau.example/abc", "BK_NOTICE_PUSH_HOSTS"),
        ("https://notify.windows.com/abc", "BK_NOTICE_PUSH_HOSTS"),
        ("https://evilnotify.windows.com.example/abc", "BK_NOTICE_PUSH_HOSTS"),
        ("https://fcm.googleapis.com.example/abc", "BK_NOTICE_PUSH_HOSTS"),
        ("https://169.254.169.254/latest", "BK_NOTICE_PUSH_HOSTS"),
        ("https://fcm.googleapis.com@10.0.0.1/abc", "user and password"),
        ("https://fcm.googleapis.com/abc\r\nX: y", "begins with"),
        ("https://fcm.googleapis.com/abc#d", "https alone"),
    ],
)
def test_where_a_browser_may_lead_us(address: str, why: str | None) -> None:
    if why is None:
        RULES.check("web_push", address, Browser().secret)
    else:
        with pytest.raises(RequestRefused, match=why):
            RULES.check("web_push", address, Browser().secret)


def test_keys_are_checked_with_the_address_and_nothing_is_allowed_by_default() -> None:
    address = "https://fcm.googleapis.com/fcm/send/abc"
    for secret in ("", "a.b", f"{UA_PUBLIC}.AAAA"):
        with pytest.raises(RequestRefused, match="p256dh"):
            RULES.check("web_push", address, secret)
    assert not PushSettings().push_services.is_on
    with pytest.raises(RequestRefused, match="BK_NOTICE_PUSH_HOSTS"):
        AddressRules((), frozenset(), has_mail=False).check("web_push", address, Browser().secret)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("142.250.1.95", True),
        ("2a00:1450:4001::5f", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_addresses_behind_the_names_are_public(address: str, is_allowed: bool) -> None:
    assert PushServices.parse("browsers").allows_address(address) is is_allowed


def test_with_networks_of_ones_own_those_alone() -> None:
    own = PushSettings(notice_push_hosts="push.bureau.example", notice_push_networks="10.8.0.0/16").push_services
    assert own.allows_address("10.8.1.1")
    assert not own.allows_address("142.250.1.95")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"notice_push_hosts": "https://push.example/"}, "no host"),
        ({"notice_push_hosts": "push.example:99999"}, "no host"),
        ({"notice_push_hosts": "*"}, "no host"),
        ({"notice_push_networks": "10.0.0.0/33"}, "10.0.0.0/33"),
        ({"notice_push_contact": "li@bureau.example"}, "mailto:"),
        ({"notice_push_private_key": "short"}, "32 bytes"),
    ],
)
def test_a_wrong_setting_says_what_to_write(wrong: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        PushSettings(**wrong)  # type: ignore[arg-type]


def told(fact: Fact, **title: str) -> Told:
    thing = thing_of(fact)
    assert isinstance(thing, Thing)
    return Told(thing, title or {"zh-CN": "未戴口罩", "en": "No mask"})


@pytest.mark.parametrize(
    ("facts", "reader", "path", "urgency", "ttl_h"),
    [
        ([raised(risk=1)], Reader("zh-CN"), "/alerts/a1", "high", 24),
        ([raised(risk=2)], Reader("en"), "/alerts/a1", "normal", 12),
        ([raised(risk=3)], Reader("en"), "/alerts/a1", "low", 4),
        ([order("serve")], Reader("en"), "/orders/o1", "high", 72),
        ([order("serve", risk=3)], Reader("zh-CN", is_school=True), "/kitchen?order=o1", "normal", 72),
        ([raised(risk=1)], Reader("zh-CN", is_school=True), "/kitchen", "high", 24),
        ([raised("a1", risk=3), raised("a2", risk=2)], Reader("en"), "/alerts", "normal", 12),
        ([order("serve"), order("remind")], Reader("en"), "/orders", "high", 72),
    ],
)
def test_what_a_device_is_given(facts: list[Fact], reader: Reader, path: str, urgency: str, ttl_h: int) -> None:
    note = note_of([told(fact) for fact in facts], reader, "m1")
    assert (note.path, note.urgency, note.ttl_s) == (path, urgency, ttl_h * 3600)
    # RFC 8030 5.4: at most 32 characters of base64url.
    assert 0 < len(note.topic) <= 32
    assert set(note.topic) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_the_note_holds_school_rule_and_class_and_nobodys_name_or_camera() -> None:
    alert = told(raised(risk=1))
    note = note_of([alert], Reader("zh-CN"), "m1")
    assert json.loads(note.payload) == {
        "id": "m1",
        "title": "[1 级] 告警：未戴口罩",
        "text": "school-1 · 11-25 10:00",
        "path": "/alerts/a1",
        "tag": topic_id("alert:a1"),
        "risk": 1,
        "lang": "zh-CN",
    }
    english = note_of([alert], Reader("en", is_school=True), "m1")
    assert english.title == "[class 1] Alert: No mask"
    assert english.text.splitlines() == ["school-1 · 11-25 10:00", "A warning: nobody has confirmed it yet"]
    served = note_of([told(order("serve", by="li"), **{"": "Close the bins"})], Reader("en"), "m1")
    assert served.text == "school-1 · 11-25 10:00, due 11-25 14:00"
    many = note_of([told(raised(f"a{n}", f"school-{n}", risk=2)) for n in range(5)], Reader("en"), "m1")
    assert (many.title, many.topic) == ("5 new alerts in 5 schools", "many-2")
    assert many.text.splitlines() == [f"[class 2] Alert: No mask · school-{n}" for n in range(3)] + ["…"]
    for one in (note, english, served, many):
        assert b"cook-1" not in one.payload
        assert b"li" not in one.payload.replace(b"Alert: ", b"")


def test_a_title_without_end_still_fits() -> None:
    note = note_of([told(order("serve"), **{"": '整改"\\' * 5000})], Reader("zh-CN"), "m" * 25)
    assert len(note.payload) <= PLAIN_BYTES_MAX


def test_newer_news_of_one_subject_takes_the_place_of_older() -> None:
    served, due = (note_of([told(order(action))], Reader("en"), "m") for action in ("serve", "remind"))
    assert served.topic == due.topic
    assert note_of([told(raised())], Reader("en"), "m").topic != served.topic


def test_the_contact_is_whom_the_operator_named() -> None:
    def contact(**told: str) -> str:
        return Settings.model_construct(
            **{"notice_push_contact": "", "notice_console_url": "", "notice_mail_from": ""} | told
        ).push_contact  # type: ignore[arg-type]

    assert contact() == ""
    assert contact(notice_mail_from="k@b.example") == "mailto:k@b.example"
    assert contact(notice_mail_from="k@b.example", notice_console_url="https://k.example") == "https://k.example"
    assert contact(notice_console_url="http://10.0.0.1") == ""
    assert (
        contact(notice_push_contact="mailto:x@y.example", notice_console_url="https://k.example")
        == "mailto:x@y.example"
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("push"))


@pytest.fixture(scope="module")
def trust(files: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files[0]))


def channel(
    hosts: str, trust: ssl.SSLContext | None, limit_s: float = LIMIT_S, networks: str = "127.0.0.0/8"
) -> WebPushChannel:
    known = networks_of(networks, allows_loopback=False) if networks else ()
    services = PushServices.parse(hosts, known)
    return WebPushChannel(services, lambda: KEY, "mailto:a@b.example", limit_s, lambda: int(time.time()), trust)


def message(note: Note | None = None) -> Outgoing:
    note = note or note_of([told(raised(risk=1))], Reader("zh-CN"), "m1")
    return Outgoing("m1", note.title, note.text, {}, note)


async def test_a_device_reads_what_was_sent_and_its_service_knows_by_whom(
    files: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    browser = Browser()
    async with push_service(*files, PushService()) as service:
        way = channel(f"{HOST}:{service.port}", trust)
        for _ in range(2):
            took = await way.send("w1", f"{service.origin}/p/abc?d=1", browser.secret, message())
        assert took == Taken("sent", "201: the push service took it.")
    first, second = service.pushed
    assert first.path == "/p/abc?d=1"
    named = {name: first.headers[name] for name in ("TTL", "Urgency", "Topic", "Content-Encoding")}
    assert named == {"TTL": "86400", "Urgency": "high", "Topic": topic_id("alert:a1"), "Content-Encoding": "aes128gcm"}
    claims = checked_token(first.headers["Authorization"], service.origin, time.time())
    assert (claims["sub"], claims["k"]) == ("mailto:a@b.example", KEY.public)
    assert json.loads(browser.read(first.body))["title"] == "[1 级] 告警：未戴口罩"
    assert first.body[:86] != second.body[:86], "a salt and a key of its own for each"
    assert "口罩".encode() not in first.body
    assert "school-1" not in str(first.headers)


@pytest.mark.parametrize(
    ("status", "more", "is_final", "is_gone", "retry_in_s"),
    [
        (404, "", True, True, None),
        (410, "", True, True, None),
        (429, "Retry-After: 120\r\n", False, False, 120.0),
        (429, "", False, False, None),
        (429, "Retry-After: soon\r\n", False, False, None),
        (429, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", False, False, 0.0),
        (503, "Retry-After: 7\r\n", False, False, 7.0),
        (500, "", False, False, None),
        (403, "", True, False, None),
        (400, "", True, False, None),
        (413, "", True, False, None),
        (301, "Location: https://127.0.0.1/\r\n", True, False, None),
    ],
)
async def test_what_a_push_service_refuses(
    files: tuple[Path, Path],
    trust: ssl.SSLContext,
    status: int,
    more: str,
    is_final: bool,
    is_gone: bool,
    retry_in_s: float | None,
) -> None:
    async with push_service(*files, PushService(lambda _: (status, more))) as service:
        with pytest.raises(ChannelFailed, match=str(status)) as failed:
            await channel(f"{HOST}:{service.port}", trust).send(
                "w1", f"{service.origin}/p", Browser().secret, message()
            )
    assert (failed.value.is_final, failed.value.is_gone, failed.value.retry_in_s) == (is_final, is_gone, retry_in_s)
    assert len(service.pushed) == 1


async def test_a_slow_service_a_dead_one_and_one_that_nobody_vouches_for(
    files: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    async with push_service(*files, PushService(None)) as service:
        hosts, address = f"{HOST}:{service.port}, localhost:{service.port}", f"{service.origin}/p"
        with pytest.raises(ChannelFailed, match=r"No answer within 0.5 s") as failed:
            await channel(hosts, trust, 0.5).send("w1", address, Browser().secret, message())
        assert not failed.value.is_final
        with pytest.raises(ChannelFailed, match="TLS failed"):
            await channel(hosts, None).send("w1", address, Browser().secret, message())
        heard = len(service.pushed)
        # Its name is allowed, and leads to an address that is not.
        for named in (f"https://localhost:{service.port}/p", address):
            with pytest.raises(ChannelFailed, match="BK_NOTICE_PUSH_NETWORKS") as failed:
                await channel(hosts, trust, networks="").send("w1", named, Browser().secret, message())
            assert failed.value.is_final
        assert len(service.pushed) == heard
    dead = free_port()
    with pytest.raises(ChannelFailed, match=r"cannot be reached from here \(port_closed\)") as failed:
        await channel(f"{HOST}:{dead}", trust).send("w1", f"https://{HOST}:{dead}/p", Browser().secret, message())
    assert not failed.value.is_final
    assert "console" in str(failed.value), "what still works on a closed network is said"


async def test_what_was_allowed_when_it_subscribed_may_not_be_any_more(
    files: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    async with push_service(*files, PushService()) as service:
        for hosts in ("", "other.example"):
            with pytest.raises(ChannelFailed, match="BK_NOTICE_PUSH_HOSTS") as failed:
                await channel(hosts, trust).send("w1", f"{service.origin}/p", Browser().secret, message())
            assert failed.value.is_final
        title, text = trial_words("en")
        await channel(f"{HOST}:{service.port}", trust).send(
            "w1", f"{service.origin}/p", Browser().secret, message(trial_note(title, text, "en"))
        )
    (only,) = service.pushed
    assert (only.headers["TTL"], only.headers["Topic"]) == ("60", "test")


def test_a_browser_finds_its_own_among_the_devices() -> None:
    # As the console works it out: w, and the first 24 hexadecimal digits of the SHA-256.
    assert device_id("https://push.example/abc") == "wf7a263f8786e9f9540c48a75"
