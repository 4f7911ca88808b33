"""Who is told what, when, and in which words: values in, values out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.alerting.notice_settings import NoticeSettings
from services.alerting.notices.audience import WARNS, Wishes, audience, called, is_for, people_of
from services.alerting.notices.channel import AddressRules, RetryPolicy, cleaned
from services.alerting.notices.duty import duty_spans, next_open_us, on_duty
from services.alerting.notices.preview import preview
from services.alerting.notices.thing import Thing, delivery_id, settled_by, thing_of
from services.alerting.notices.words import Reader, Told, words
from shared.camera_networks import may_connect, networks_of
from shared.errors import RequestRefused
from shared.messages.base import Fact
from shared.messages.cameras import RecordingWindow
from shared.messages.notices import ChainStep, DutySpan, NoticeChain, NoticeKind, NoticePerson, NoticeRota, RotaShift
from tests.alerting.notice_values import (
    HOUR_US,
    MINUTE_US,
    NOW_US,
    known,
    order,
    raised,
    school,
    supervisor,
    taken,
    week_rota,
    window,
    wished,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
PEOPLE = known(supervisor("li"), supervisor("wang", ("school-2",)), school("chef"), school("other", "school-2"))


def thing(fact: Fact) -> Thing:
    found = thing_of(fact)
    assert found is not None
    return found


def told(
    fact: Fact, wishes: Wishes | None = None, tell: tuple[str, ...] = ("supervisors",), **detail: str
) -> list[str]:
    about = thing(fact)
    about = Thing(
        about.thing,
        about.kind,
        about.subject,
        about.site,
        about.risk,
        about.at_us,
        about.by,
        {**about.detail, **detail},
    )
    return [each.person for each in audience(about, wishes or Wishes(PEOPLE), NOW_US, tell)]


def at(day: int, hour: int) -> int:
    """Of November 2026, on the kitchen's clock."""
    return round(datetime(2026, 11, day, hour, tzinfo=SHANGHAI).timestamp() * 1e6)


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (raised(), "alert"),
        (raised(is_silent=True), None),
        (taken(), None),
        (order("serve"), "order_served"),
        (order("remind", "machine"), "order_reminder"),
        (order("overdue", "machine"), "order_overdue"),
        (order("answer", "chef"), "order_answered"),
        (order("card", "machine", card="yellow"), "card_yellow"),
        (order("card", "machine", card="red"), "card_red"),
        (order("appeal", "chef"), "order_appealed"),
        (order("reject", "wang"), "appeal_decided"),
        (order("read", "chef"), None),
        (order("check", "machine"), None),
    ],
)
def test_what_people_are_told_of(fact: Fact, kind: str | None) -> None:
    found = thing_of(fact)
    assert (found and found.kind) == kind
    assert found == thing_of(type(fact).decode(fact.encode())), "said twice it is one thing"


def test_an_order_goes_to_both_sides_of_its_school_and_not_to_who_did_it() -> None:
    assert told(order("overdue", "machine")) == ["chef", "li"]
    assert told(order("serve", "li")) == ["chef"]
    assert told(order("answer", "chef")) == ["li"]


def test_a_school_hears_of_an_alert_only_as_a_warning_of_the_worst_class() -> None:
    assert told(raised()) == ["li"]
    assert told(raised(), **{WARNS: "yes"}) == ["chef", "li"]
    assert told(raised(risk=2), **{WARNS: "yes"}) == ["li"]
    assert told(raised(), tell=("chef", "li")) == ["li"], "not by being named either"


def test_wishes_choose() -> None:
    def with_wish(**wish: object) -> list[str]:
        said = NoticePerson(person="li", **wish)  # type: ignore[arg-type]
        return told(raised(risk=2), Wishes(PEOPLE, wished(said)))

    assert with_wish() == ["li"]
    assert with_wish(risk_max=1) == []
    assert with_wish(sites=("school-2",)) == []
    assert with_wish(kinds=("card_red",)) == []
    assert with_wish(is_enabled=False) == []
    # A wish never widens what the account may hear of; a closed account hears nothing.
    wang = NoticePerson(person="wang", sites=("school-1",))
    assert told(raised(), Wishes(known(supervisor("wang", ("school-2",))), wished(wang))) == []
    assert told(raised(), Wishes(known(supervisor("wang", is_enabled=False)))) == []


def test_who_is_neither_is_told_only_what_they_ask_for() -> None:
    people = known(supervisor("li").model_copy(update={"roles": ("viewer",)}))
    assert told(raised(), Wishes(people)) == []
    assert told(raised(), Wishes(people, wished(NoticePerson(person="li")))) == ["li"]


def test_outside_their_hours_it_waits_until_they_begin() -> None:
    wish = NoticePerson(person="li", hours=(window(range(1, 6), 14, 18),))
    (recipient,) = audience(thing(raised()), Wishes(PEOPLE, wished(wish)), NOW_US, ("supervisors",))
    assert recipient.due_us == NOW_US + 4 * HOUR_US


def test_a_rota_over_a_week() -> None:
    rota = week_rota()
    assert on_duty(rota, at(25, 9)) == ("li",)
    assert on_duty(rota, at(25, 18)) == ("wang",)
    assert on_duty(rota, at(26, 3)) == ("qian",), "the exception goes before the table"
    assert on_duty(rota, at(27, 3)) == ("wang",), "the night of a day that was an exception ends as the table says"
    assert on_duty(rota, at(28, 7)) == ("wang",), "Friday's night"
    assert on_duty(rota, at(28, 9)) == ("zhao", "li")
    assert on_duty(rota, at(29, 21)) == ()
    covered = {on_duty(rota, at(23, 0) + hour * HOUR_US) for hour in range(7 * 24)}
    assert covered == {("li",), ("wang",), ("qian",), ("zhao", "li"), ()}


def test_somebody_of_a_rota_is_told_on_duty_alone() -> None:
    wish = NoticePerson(person="li", rota="bureau")
    for day, hour, expected in ((25, 10, ["li"]), (25, 20, []), (26, 10, []), (28, 10, ["li"])):
        wishes = Wishes(PEOPLE, wished(wish), {"bureau": week_rota()})
        found = audience(thing(raised()), wishes, at(day, hour), ("supervisors",))
        assert [each.person for each in found] == expected, (day, hour)


def test_whom_a_rule_or_a_chain_names_is_called_at_any_hour() -> None:
    wish = NoticePerson(person="li", hours=(window((7,), 1, 2),), risk_max=1)
    people = PEOPLE | known(supervisor("qian"))
    wishes = Wishes(people, wished(wish), {"bureau": week_rota()})
    (recipient,) = audience(thing(raised(risk=3)), wishes, NOW_US, ("rota:bureau",))
    assert (recipient.person, recipient.due_us) == ("li", NOW_US)
    step = ChainStep(after_min=5, people=("wang",), rotas=("bureau", "none"))
    assert people_of(step, wishes, NOW_US) == ("wang", "li")
    assert [each.person for each in called(thing(raised()), wishes, NOW_US, ("wang", "li"), 1)] == ["li"]


def test_a_chain_begins_by_class_school_and_kind() -> None:
    step = ChainStep(after_min=0, people=("li",))
    chain = NoticeChain(chain="c", title="c", risk_max=2, sites=("school-1",), steps=(step,))
    assert [is_for(chain, thing(raised(risk=risk))) for risk in (1, 2, 3)] == [True, True, False]
    assert not is_for(chain, thing(raised(site="school-2")))
    assert not is_for(chain, thing(order("serve")))
    assert not is_for(chain.model_copy(update={"is_enabled": False}), thing(raised()))


@pytest.mark.parametrize(
    ("sites", "units", "is_begun"),
    [
        ((), (), (True, True, True)),
        ((), ("east",), (True, False, False)),
        ((), ("city",), (True, True, False)),
        (("school-3",), ("east",), (True, False, True)),
        (("school-2",), ("no-such",), (False, True, False)),
        ((), ("no-such",), (False, False, False)),
    ],
    ids=["all", "its own unit", "a unit above", "units and sites add up", "a unit nobody is in", "not all for that"],
)
def test_a_chain_begins_by_the_units_that_a_school_lies_under(
    sites: tuple[str, ...], units: tuple[str, ...], is_begun: tuple[bool, ...]
) -> None:
    """Of school 1 in the eastern station, of school 2 in the western one, of school 3 which belongs to none."""
    under = {"school-1": {"city", "east"}, "school-2": {"city", "west"}, "school-3": set[str]()}
    kinds: tuple[NoticeKind, ...] = ("alert", "order_overdue")
    chain = NoticeChain(chain="c", title="c", sites=sites, units=units, kinds=kinds, steps=(ChainStep(after_min=0),))
    for made in (lambda site: raised(site=site), lambda site: order("overdue", site=site)):
        things = [replace(thing(made(site)), units=frozenset(above)) for site, above in under.items()]
        assert tuple(is_for(chain, each) for each in things) == is_begun


def test_what_settles_what() -> None:
    assert settled_by(raised()) is None
    alert = settled_by(taken(by="wang"))
    assert alert is not None
    assert (alert.subject, alert.by, alert.is_news_over) == ("alert:a1", "wang", True)
    read = settled_by(order("read", "chef"))
    assert read is not None
    assert (read.subject, read.is_news_over) == ("order:o1", False)
    assert settled_by(order("overdue", "machine")) is None


def test_many_are_told_as_one() -> None:
    title = {"zh-CN": "未戴口罩", "en": "No mask"}
    many = [Told(thing(raised(f"a{n}", f"school-{n % 3}")), title) for n in range(7)]
    assert words(many, Reader("en"))[0] == "7 new alerts in 3 schools"
    assert words(many, Reader("zh-CN"))[0] == "7 条新告警，涉及 3 所学校"
    mixed = [many[0], Told(thing(order("serve")), {"": "Close the bins"})]
    assert words(mixed, Reader("en"))[0] == "2 new messages in 2 schools"
    text = words([many[0]] * 30, Reader("en"))[1]
    assert text.count("\n") == 20
    assert text.endswith("… and 10 more")


def test_one_is_told_whole() -> None:
    alert = Told(thing(raised()), {"zh-CN": "未戴口罩", "en": "No mask"})
    title, text = words([alert], Reader("zh-CN", link="https://kitchens.example/"))
    assert title == "[1 级] 告警：未戴口罩 · school-1"
    assert text.splitlines() == [
        "11-25 10:00 [1 级] 告警：未戴口罩 · school-1/cook-1",
        "https://kitchens.example/alerts/a1",
    ]
    _, warning = words([alert], Reader("en", is_school=True))
    assert warning.endswith("A warning: nobody has confirmed it yet")
    served = Told(thing(order("serve")), {"": "Close the bins"})
    title, text = words([served], Reader("en"))
    assert title == "[class 1] Order served: Close the bins · school-1"
    assert text.endswith(", due 11-25 14:00")
    upheld = Told(thing(order("uphold", "wang")), {"": "Close the bins"})
    assert words([upheld], Reader("en"))[0].startswith("[class 1] Appeal upheld")


def test_attempts_come_further_apart_and_end() -> None:
    policy = RetryPolicy(6, 5.0, 900.0)
    assert [policy.retry_in_s(attempt) for attempt in range(1, 7)] == [5, 20, 80, 320, 900, None]


RULES = AddressRules(networks_of("10.0.0.0/8", allows_loopback=False), frozenset(("wecombot", "ntfy")), has_mail=True)
SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    ("kind", "address", "secret", "why"),
    [
        ("mail", "li@school.example", "", None),
        ("mail", "li@school.example\r\nBcc: all@x.example", "", "no mail address"),
        ("mail", "li", "", "no mail address"),
        ("webhook", "http://10.1.2.3/hook?x=1", SECRET, None),
        ("webhook", "https://hooks.example/a", SECRET, None),
        ("webhook", "http://10.1.2.3/", "short", "at least 16"),
        ("webhook", "http://127.0.0.1/", SECRET, "BK_NOTICE_NETWORKS"),
        ("webhook", "http://169.254.169.254/latest", SECRET, "BK_NOTICE_NETWORKS"),
        ("webhook", "http://[::ffff:127.0.0.1]/", SECRET, "BK_NOTICE_NETWORKS"),
        ("webhook", "ftp://10.1.2.3/", SECRET, "begins with http"),
        ("webhook", "http://li:pw@10.1.2.3/", SECRET, "user and password"),
        ("webhook", "http://10.1.2.3/\r\nX: y", SECRET, "begins with http"),
        ("webhook", "http://10.1.2.3:99999/", SECRET, "no URL"),
        ("apprise", "wecombot://key", "", None),
        ("apprise", "json://127.0.0.1:6379", "", "BK_NOTICE_SCHEMES"),
        ("apprise", "nonsense", "", "BK_NOTICE_SCHEMES"),
    ],
)
def test_where_a_channel_may_lead(kind: str, address: str, secret: str, why: str | None) -> None:
    if why is None:
        RULES.check(kind, address, secret)  # type: ignore[arg-type]
    else:
        with pytest.raises(RequestRefused, match=why):
            RULES.check(kind, address, secret)  # type: ignore[arg-type]


def test_what_a_channel_says_holds_nothing_of_its_address() -> None:
    said = cleaned("POST https://x.example/hook/tok3n123 failed:\n 401", "https://x.example/hook/tok3n123", SECRET)
    assert "tok3n123" not in said
    assert said.endswith("401")
    assert len(cleaned("x" * 5000)) == 300


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"notice_schemes": "ntfy, json"}, "json is not a service"),
        ({"notice_networks": "10.0.0.0/33"}, "10.0.0.0/33"),
        ({"notice_mail_server": "mail.example"}, "host:port"),
        ({"notice_mail_server": "mail.example:587"}, "needs a sender"),
        ({"notice_mail_tls": "maybe"}, "notice_mail_tls"),
    ],
)
def test_a_wrong_setting_says_what_to_write(wrong: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        NoticeSettings(**wrong)  # type: ignore[arg-type]


def test_without_settings_it_works_on_a_closed_network() -> None:
    settings = NoticeSettings()
    assert settings.notice_mail_server == ""
    assert [str(each) for each in settings.webhook_networks][:3] == ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    assert not may_connect(settings.webhook_networks, "127.0.0.1")
    assert {"wecombot", "dingtalk", "feishu"} <= settings.apprise_schemes


@given(
    st.integers(0, 7 * 24 * 60 - 1), st.integers(0, 1439), st.integers(0, 1439), st.sets(st.integers(1, 7), min_size=1)
)
def test_hours_begin_where_they_say(minute: int, begins: int, ends: int, days: set[int]) -> None:
    if begins == ends:
        return
    hours = (window(sorted(days), 0, 1).model_copy(update={"from_minute": begins, "to_minute": ends}),)
    at_us = at(23, 0) + minute * 60_000_000
    opens_us = next_open_us(hours, "Asia/Shanghai", at_us)
    assert at_us <= opens_us <= at_us + 7 * 24 * HOUR_US
    assert next_open_us(hours, "Asia/Shanghai", opens_us) == opens_us, "then they hold"
    if opens_us > at_us:
        assert next_open_us(hours, "Asia/Shanghai", opens_us - 60_000_000) == opens_us, (
            "and a minute before they do not"
        )


names = st.sampled_from(["li", "wang", "chef", "other", "qian"])


@given(st.lists(names, max_size=8), st.lists(names, max_size=8), st.integers(1, 3))
def test_nobody_is_named_twice_for_one_thing(tell: list[str], step: list[str], risk: int) -> None:
    wishes = Wishes(PEOPLE, {}, {"bureau": week_rota()})
    about = thing(raised(risk=risk))
    first = audience(about, wishes, NOW_US, (*tell, "supervisors", "rota:bureau", "supervisors"))
    later = called(about, wishes, NOW_US, step, 0)
    for recipients in (first, later):
        people = [each.person for each in recipients]
        assert len(people) == len(set(people))
    # The same person by both ways is one row: its id does not know which way it was.
    ids = {delivery_id(about.thing, each.person, "c") for each in (*first, *later)}
    assert len(ids) == len({each.person for each in (*first, *later)})


def test_who_is_on_duty_from_one_moment_to_another_without_holes() -> None:
    rota = week_rota()
    spans = duty_spans(rota, NOW_US, NOW_US + 7 * 24 * HOUR_US)
    assert [(span.from_us, span.to_us) for span in spans] == [
        (span.from_us, after.from_us) for span, after in pairwise(spans)
    ] + [(spans[-1].from_us, NOW_US + 7 * 24 * HOUR_US)]
    assert [(hours(span.from_us), span.people) for span in spans[:5]] == [
        (0, ("li",)),
        (8, ("wang",)),
        (14, ("qian",)),
        (38, ("wang",)),  # Thursday's night goes on once its exception is over
        (46, ("li",)),
    ]
    for span in spans:
        for at_us in (span.from_us, span.to_us - MINUTE_US):
            assert on_duty(rota, at_us) == span.people
    assert duty_spans(rota.model_copy(update={"shifts": (), "exceptions": ()}), 0, 60) == [
        DutySpan(rota="bureau", from_us=0, to_us=60)
    ]


def test_a_shift_ends_with_the_clocks_when_they_change() -> None:
    # Berlin, 2026-03-29: the hour from two to three is not there, and the window from two to half past is none.
    night = RotaShift(window=RecordingWindow(days=(7,), from_minute=60, to_minute=150), people=("li",))
    rota = NoticeRota(rota="r", title="r", time_zone="Europe/Berlin", shifts=(night,))
    midnight_us = round(datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1e6)
    spans = duty_spans(rota, midnight_us, midnight_us + 6 * HOUR_US)
    assert [((span.from_us - midnight_us) // HOUR_US, span.people) for span in spans] == [
        (0, ()),
        (1, ("li",)),
        (2, ()),
    ]


def hours(at_us: int) -> int:
    return (at_us - NOW_US) // HOUR_US


def test_whom_an_alert_would_be_told_to_and_who_after_them() -> None:
    closed = NoticePerson(person="sun", hours=(window(range(1, 8), 12, 13),))
    people = known(supervisor("li"), supervisor("sun"), supervisor("wang", ("school-2",)), supervisor("zhao"))
    wishes = Wishes(people, wished(closed, NoticePerson(person="zhao", is_enabled=False)), {"bureau": week_rota()})
    chain = NoticeChain(
        chain="worst",
        title="Worst",
        steps=(
            ChainStep(after_min=5, people=("zhao", "nobody"), rotas=("bureau", "gone")),
            ChainStep(after_min=15, people=("wang", "sun")),
        ),
    )
    about = Thing("preview", "alert", "alert:-", "school-1", 1, NOW_US)
    steps = preview(about, wishes, [chain], ("supervisors", "wang"), {"li": ("console", "mail"), "sun": ()})
    told = [[(each.person, each.missed, each.is_told_before) for each in step.people] for step in steps]
    assert [(step.chain, step.step, (step.at_us - NOW_US) // MINUTE_US) for step in steps] == [
        (None, 0, 0),
        ("worst", 0, 5),
        ("worst", 1, 15),
    ]
    assert told[0] == [("li", None, False), ("sun", None, False), ("wang", "not_their_school", False)]
    assert told[1] == [("zhao", "switched_off", False), ("nobody", "no_account", False), ("li", None, True)]
    assert told[2] == [("wang", "not_their_school", False), ("sun", None, True)]
    assert steps[1].empty_rotas == ("gone",)
    assert [each.channels for each in steps[0].people] == [("console", "mail"), (), ()]
    assert steps[0].people[1].at_us == NOW_US + 2 * HOUR_US, "when her hours begin"
    less = preview(replace(about, risk=2), wishes, [chain], ("supervisors",), {})
    assert len(less) == 1, "a chain for the worst class begins with no other"


def test_what_a_preview_says_is_whom_the_planner_tells() -> None:
    """The same people and moments as the audience of the thing and the calls of its chain."""
    people = known(supervisor("li"), supervisor("wang"), school("cook"))
    wishes = Wishes(people, {}, {"bureau": week_rota()})
    about = Thing("preview", "alert", "alert:-", "school-1", 1, NOW_US, detail={WARNS: "yes"})
    (step,) = preview(about, wishes, [], ("supervisors",), {})
    audience_now = audience(about, wishes, NOW_US, ("supervisors",))
    assert [(each.person, each.at_us) for each in step.people] == [(each.person, each.due_us) for each in audience_now]
    assert [each.person for each in step.people] == ["cook", "li", "wang"]
