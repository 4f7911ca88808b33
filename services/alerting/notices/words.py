"""The words of a message, in zh-CN and English: one thing, or many folded into one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.alerting.notices.thing import Thing
from shared.messages.notices import Language, NoticeKind

_LINES_MAX = 20
_BRIEF_MAX = 3
_WITH_DEADLINE: frozenset[NoticeKind] = frozenset(("order_served", "order_reminder", "order_overdue", "order_reopened"))
_KINDS: Mapping[Language, Mapping[NoticeKind, str]] = {
    "zh-CN": {
        "alert": "告警",
        "order_served": "整改单已下达",
        "order_reminder": "整改单即将到期",
        "order_overdue": "整改单已逾期",
        "order_answered": "学校已回复整改单",
        "order_reopened": "整改单被退回",
        "order_appealed": "学校提出申诉",
        "appeal_decided": "申诉已裁定",
        "card_yellow": "黄牌",
        "card_red": "红牌",
    },
    "en": {
        "alert": "Alert",
        "order_served": "Order served",
        "order_reminder": "Order due soon",
        "order_overdue": "Order overdue",
        "order_answered": "Order answered",
        "order_reopened": "Order sent back",
        "order_appealed": "Order appealed against",
        "appeal_decided": "Appeal decided",
        "card_yellow": "Yellow card",
        "card_red": "Red card",
    },
}
_DECIDED: Mapping[Language, Mapping[str, str]] = {
    "zh-CN": {"uphold": "申诉成立，整改单撤销", "reject": "申诉不成立"},
    "en": {"uphold": "Appeal upheld, the order is withdrawn", "reject": "Appeal rejected"},
}
_WARNING: Mapping[Language, str] = {
    "zh-CN": "预警：尚未经人工确认",
    "en": "A warning: nobody has confirmed it yet",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A thing with its title: the rule's by language, or the order's own (under "")."""

    thing: Thing
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the words are for. `link`: address of the console, empty: none is given."""

    language: Language = "zh-CN"
    time_zone: str = "Asia/Shanghai"
    is_school: bool = False
    link: str = ""


def words(told: Sequence[Told], reader: Reader) -> tuple[str, str]:
    """Title and text. One thing is told whole, of many the first 20 and how many there are."""
    lines = [_line(each, reader) for each in told[:_LINES_MAX]]
    if len(told) == 1:
        title = _headline(told[0], reader)
    else:
        title = _count(told, reader.language)
    if len(told) > _LINES_MAX:
        more = len(told) - _LINES_MAX
        lines.append(f"……另有 {more} 条" if reader.language == "zh-CN" else f"… and {more} more")
    if reader.is_school and any(each.thing.kind == "alert" for each in told):
        lines.append(_WARNING[reader.language])
    if reader.link:
        lines.append(reader.link.rstrip("/") + (_path(told[0].thing) if len(told) == 1 else "/alerts"))
    return title, "\n".join(lines)


def brief_words(told: Sequence[Told], reader: Reader) -> tuple[str, str]:
    """Title and text for the screen of a locked phone: what, which school, when; neither camera nor name."""
    if len(told) == 1:
        title, text = _headline(told[0], reader).rpartition(" · ")[0], _short(told[0], reader)
    else:
        title = _count(told, reader.language)
        text = "\n".join(_headline(each, reader) for each in told[:_BRIEF_MAX])
        text += "\n…" if len(told) > _BRIEF_MAX else ""
    if reader.is_school and any(each.thing.kind == "alert" for each in told):
        text += "\n" + _WARNING[reader.language]
    return title, text


def trial_words(language: Language) -> tuple[str, str]:
    """Of the test button."""
    if language == "zh-CN":
        return "明厨亮灶：测试", "这是一条测试消息。收到即表示该渠道可用。"
    return "Bright Kitchen: test", "This is a test. That you read it means that this channel works."


def _headline(told: Told, reader: Reader) -> str:
    thing, language = told.thing, reader.language
    what = _DECIDED[language].get(thing.detail.get("action", "")) or _KINDS[language][thing.kind]
    title = _title(told, language)
    risk = f"{thing.risk} 级" if language == "zh-CN" else f"class {thing.risk}"
    colon = "：" if language == "zh-CN" else ": "
    return f"[{risk}] {what}{colon}{title} · {thing.site}" if title else f"[{risk}] {what} · {thing.site}"


def _line(told: Told, reader: Reader) -> str:
    thing = told.thing
    where = thing.site + (f"/{thing.detail['camera']}" if "camera" in thing.detail else "")
    when = _clock(thing.at_us, reader.time_zone)
    return f"{when} {_headline(told, reader).rpartition(' · ')[0]} · {where}{_due(thing, reader)}"


def _short(told: Told, reader: Reader) -> str:
    thing = told.thing
    return f"{thing.site} · {_clock(thing.at_us, reader.time_zone)}{_due(thing, reader)}"


def _due(thing: Thing, reader: Reader) -> str:
    if "due_us" not in thing.detail or thing.kind not in _WITH_DEADLINE:
        return ""
    due = _clock(int(thing.detail["due_us"]), reader.time_zone)
    return f"，期限 {due}" if reader.language == "zh-CN" else f", due {due}"


def _title(told: Told, language: Language) -> str:
    title = told.title
    return title.get(language) or title.get("") or title.get("zh-CN") or told.thing.detail.get("rule", "")


def _count(told: Sequence[Told], language: Language) -> str:
    count, schools = len(told), len({each.thing.site for each in told})
    is_alerts = all(each.thing.kind == "alert" for each in told)
    if language == "zh-CN":
        return f"{count} 条新{'告警' if is_alerts else '消息'}，涉及 {schools} 所学校"
    noun = "alerts" if is_alerts else "messages"
    return f"{count} new {noun} in {schools} school{'' if schools == 1 else 's'}"


def _path(thing: Thing) -> str:
    kind, _, id = thing.subject.partition(":")
    return f"/alerts/{id}" if kind == "alert" else f"/cases/{thing.detail.get('case', '')}"


def _clock(at_us: int, time_zone: str) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(ZoneInfo(time_zone)).strftime("%m-%d %H:%M")
