"""The report of a case file in Chinese and in English: what is in it, in words, without how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Protocol

LANGUAGES = ("zh-CN", "en")
# Schools and courts read China's time; every time is given with its offset.
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class ReportedStream:
    """One stream of the case: what is there of it and what is not."""

    name: str
    from_us: int
    to_us: int
    segments: int
    size_bytes: int
    first_number: int
    last_number: int
    gaps: tuple[tuple[int, int, str], ...]
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What the report says."""

    case: str
    asked_by: str
    asked_us: int
    reason: str
    key_id: str
    statements: tuple[int, ...]
    streams: tuple[ReportedStream, ...]
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and the lines under it."""

    heading: str
    lines: tuple[str, ...] = field(default=())


class ReportPrinter(Protocol):
    """Makes a file of a report's parts."""

    suffix: str

    async def render(self, language: str, parts: Sequence[Part]) -> bytes: ...


class HtmlReport:
    """A report as one HTML page: where no font with Chinese can be put into a PDF, the reader's own shows it."""

    suffix = "html"

    async def render(self, language: str, parts: Sequence[Part]) -> bytes:
        title, *rest = parts
        body = [f"<h1>{escape(title.heading)}</h1>", *(f"<p>{escape(line)}</p>" for line in title.lines)]
        for part in rest:
            body.append(f"<h2>{escape(part.heading)}</h2>")
            body += [f"<p>{escape(line)}</p>" for line in part.lines]
        head = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(title.heading)}</title>'
        return (head + "\n".join(body) + "</html>\n").encode()


def parts_of(report: CaseReport, language: str) -> list[Part]:
    """The report in one of LANGUAGES."""
    return _chinese(report) if language == "zh-CN" else _english(report)


def time_text(at_us: int) -> str:
    """China's time with its offset, to the millisecond."""
    at = datetime.fromtimestamp(at_us // 1_000_000, UTC).astimezone(_CHINA)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at_us % 1_000_000 // 1000:03d} UTC+8"


def _english(report: CaseReport) -> list[Part]:
    statements = ", ".join(map(str, report.statements)) or "none"
    parts = [
        Part(
            f"Case file {report.case}",
            (
                f"Sealed: {time_text(report.asked_us)}",
                f"Asked for by: {report.asked_by}",
                f"Why: {report.reason}",
                f"Signed with key {report.key_id}; hourly statements enclosed: {statements}",
            ),
        )
    ]
    for stream in report.streams:
        lines = [
            f"From {time_text(stream.from_us)} to {time_text(stream.to_us)}",
            f"{stream.segments} segments, {stream.size_bytes} bytes, "
            f"chain records {stream.first_number} to {stream.last_number}",
        ]
        lines += [f"Not filmed: {time_text(start)} to {time_text(end)}: {cause}" for start, end, cause in stream.gaps]
        lines += [f"LACKING: {what}" for what in stream.lacking]
        parts.append(Part(stream.name, tuple(lines)))
    parts.append(Part("Enclosed", report.attachments or ("nothing else",)))
    parts.append(
        Part(
            "How to check this file",
            (
                "python -m pip install cryptography, then: python verify.py <this file>.zip --public-key <file>",
                "Take the public key from the operator by another way than this file: the key inside proves only "
                "that nothing was changed since somebody signed it, not who did.",
                "What is proven: each segment is, bit for bit and in its place, what the recorder chained when it "
                "stored it, and the chain was signed at the latest with the hourly statement enclosed. "
                "What is not proven: that the picture in front of the camera was true.",
            ),
        )
    )
    return parts


def _chinese(report: CaseReport) -> list[Part]:
    statements = "、".join(map(str, report.statements)) or "无"
    parts = [
        Part(
            f"证据包 {report.case}",
            (
                f"封存时间：{time_text(report.asked_us)}",
                f"申请人：{report.asked_by}",
                f"事由：{report.reason}",
                f"签名密钥：{report.key_id}；所附每小时声明编号：{statements}",
            ),
        )
    ]
    for stream in report.streams:
        lines = [
            f"时间范围：{time_text(stream.from_us)} 至 {time_text(stream.to_us)}",
            f"录像段 {stream.segments} 个，共 {stream.size_bytes} 字节，"
            f"链上记录 {stream.first_number} 至 {stream.last_number}",
        ]
        lines += [f"无录像：{time_text(start)} 至 {time_text(end)}，原因：{cause}" for start, end, cause in stream.gaps]
        lines += [f"缺失：{what}" for what in stream.lacking]
        parts.append(Part(stream.name, tuple(lines)))
    parts.append(Part("附件", report.attachments or ("无",)))
    parts.append(
        Part(
            "如何核验",
            (
                "先安装：python -m pip install cryptography；"
                "再运行：python verify.py <本文件>.zip --public-key <公钥文件>",
                "公钥须通过本文件以外的途径向运营方索取：包内公钥只能证明签名后未被改动，不能证明由谁签名。",
                "可以证明：每个录像段与录制时入链的内容逐位一致、位置一致，且最迟在所附每小时声明签发时已经存在。"
                "不能证明：摄像机前的画面本身真实。",
            ),
        )
    )
    return parts
