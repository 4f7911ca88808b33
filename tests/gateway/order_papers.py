"""Orders as they are printed in tests: facts with everything in them, and papers read by another program."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
from PIL import Image

from services.gateway.papers.order_paper import Got, Letterhead, OrderFacts, SealedFile, SeenAlert
from shared.messages.alert_proofs import AlertProof
from shared.messages.alerting import Alert, BestFrame, Review
from shared.messages.detector import SeenBox
from shared.messages.orders import Attachment, Case, MachineCheck, Order, OrderStep

HEAD = Letterhead({"zh-CN": "示范区市场监督管理局", "en": "Market Supervision Bureau"}, ZoneInfo("Asia/Shanghai"))
BOX = SeenBox(x=0.25, y=0.25, width=0.5, height=0.5)
_DAY_US = 86_400_000_000
# A Monday, 10:05 in Shanghai.
MONDAY_US = int(datetime(2026, 11, 23, 2, 5, tzinfo=UTC).timestamp() * 1e6)


def jpeg(colour: str = "navy", size: tuple[int, int] = (320, 180)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def frame(at_us: int = MONDAY_US, **more: Any) -> BestFrame:
    told = {"camera": "cook-1", "at_us": at_us, "stream": "main", "run": "a", "pts_90k": 0, "score": 0.9}
    told |= {"fragment_sha256": "f" * 64, "width": 320, "height": 180, "boxes": (BOX,)}
    return BestFrame.model_validate(told | more)


def alert(**more: Any) -> Alert:
    told: dict[str, Any] = {
        "alert": "a1", "site": "school-1", "camera": "cook-1", "rule": "no_mask", "rule_version": 1, "about": "no_mask",
        "risk": 2, "progress": "over", "first_us": MONDAY_US, "raised_us": MONDAY_US, "last_us": MONDAY_US, "broken": 3,
        "looked": 4, "best": frame(), "proof": AlertProof(picture_at_us=MONDAY_US, picture_sha256="a" * 64),
        "review": Review(verdict="confirmed", by="li", at_us=MONDAY_US + 60_000_000),
    }  # fmt: skip
    return Alert.model_validate(told | more)


def order(**more: Any) -> Order:
    first = OrderStep(number=1, action="serve", by="li", at_us=MONDAY_US, state="served", due_us=MONDAY_US + _DAY_US)
    told: dict[str, Any] = {
        "order": "o0123456789ab", "case": "c1", "site": "school-1", "kind": "opinion", "state": "served", "risk": 2,
        "title": "未戴口罩整改", "text": "请按下列要求改正：\n1. 后厨操作人员全程规范佩戴口罩，遮住口鼻。",
        "made_by": "li", "served_us": MONDAY_US, "due_us": MONDAY_US + _DAY_US, "steps": (first,),
    }  # fmt: skip
    return Order.model_validate(told | more)


def photo(number: int) -> Attachment:
    name = f"orders/o0123456789ab/{number:032x}.jpg"
    return Attachment(object_name=name, kind="image/jpeg", sha256=f"{number:064x}", size_bytes=1000)


def answered(photos: int = 2, text: str = "已为全体操作人员配发口罩，并安排专人每日检查。") -> Order:
    """An order with an answer, and the machine's look after it."""
    check = MachineCheck(
        camera="cook-1", rule="no_mask", result="passed", from_us=MONDAY_US + 9_000_000_000,
        to_us=MONDAY_US + 10_000_000_000, looked=42, broken=1, before=frame(),
        after=frame(MONDAY_US + 9_500_000_000), evidence=("o0123456789ab-1-before",),
    )  # fmt: skip
    more = [
        {"action": "read", "by": "chef", "state": "read"},
        {"action": "answer", "by": "chef", "state": "answered", "text": text, "attachments": tuple(map(photo, range(photos)))},
        {"action": "check", "by": "machine", "state": "answered", "check": check},
    ]  # fmt: skip
    steps = [
        OrderStep.model_validate(told | {"number": number, "at_us": MONDAY_US + number * 3_000_000_000})
        for number, told in enumerate(more, 2)
    ]
    return order(state="answered", steps=(*order().steps, *steps))


def facts(of: Order | None = None, **more: Any) -> OrderFacts:
    of = of or order()
    seen = alert()
    told: dict[str, Any] = {
        "order": of,
        "case": Case(case="c1", site="school-1", source="alert", title="未戴口罩", risk=2, opened_by="li",
                     opened_us=MONDAY_US, alerts=("a1",)),
        "site": "实验小学",
        "alerts": (SeenAlert(seen, "未戴口罩", "烹饪间 1 号", Got(jpeg())),),
        "photos": {each.object_name: Got(jpeg("green", (300, 400))) for step in of.steps for each in step.attachments},
        "compared": (Got(jpeg("maroon")), Got(jpeg("teal"))),
        "sealed": (SealedFile("o0123456789ab-1-before", "e" * 64),),
        "address": "https://kitchens.example/orders/o0123456789ab",
        "printed_by": "li",
        "printed_us": MONDAY_US + _DAY_US,
    }  # fmt: skip
    return OrderFacts(**(told | more))


def text_of(pdf: bytes) -> list[str]:
    """Of each page, as Chromium's engine reads it."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def run_on(pdf: bytes) -> str:
    """All of it without blanks and line ends: where lines end is the printer's."""
    return re.sub(r"\s+", "", "".join(text_of(pdf)))


def shown(pdf: bytes, page: int = 0, scale: float = 1.5) -> Image.Image:
    """A page as Chromium's engine shows it."""
    with pypdfium2.PdfDocument(pdf) as document:
        picture: Image.Image = document[page].render(scale=scale).to_pil().convert("RGB")
        return picture
