"""What of a machine's look is sealed: the picture before and the one after, each with video, alert and order. Pure."""

from __future__ import annotations

from shared.messages.alerting import Alert, BestFrame
from shared.messages.evidence import EvidenceRecord, EvidenceStill, EvidenceStream, EvidenceWanted
from shared.messages.orders import MachineCheck, Order
from shared.messages.playback import RecordedStream

PAD_US = 10_000_000


def sealed_as(order: Order, answered_us: int, check: MachineCheck) -> MachineCheck:
    """The check, naming the files that it will be sealed in: the same ones whoever works it out."""
    return check.model_copy(update={"evidence": tuple(_id(order, answered_us, part) for part, _ in _pictures(check))})


def files(
    order: Order, answered_us: int, check: MachineCheck, alert: Alert, locked_until_us: int
) -> list[EvidenceWanted]:
    """One for each picture, because they may lie weeks apart. Each holds the records of both."""
    records = (
        EvidenceRecord(name=f"order-{order.order}", body=order.model_dump(mode="json", exclude_none=True)),
        EvidenceRecord(name=f"alert-{alert.alert}", body=alert.model_dump(mode="json", exclude_none=True)),
        EvidenceRecord(name="machine-check", body=check.model_dump(mode="json", exclude_none=True)),
    )
    made = []
    for part, frame in _pictures(check):
        stream: RecordedStream = "sub" if frame.stream == "sub" else "main"
        where = {"site": order.site, "camera": frame.camera, "stream": stream}
        made.append(
            EvidenceWanted(
                case=_id(order, answered_us, part),
                asked_by="alerting",
                reason=f"order {order.order}: the picture {part} the correction (the machine says {check.result})",
                streams=(EvidenceStream.model_validate(where),),
                from_us=frame.at_us - PAD_US,
                to_us=frame.at_us + PAD_US,
                locked_until_us=locked_until_us,
                stills=(EvidenceStill.model_validate(where | {"at_us": frame.at_us}),),
                records=records,
            )
        )
    return made


def _pictures(check: MachineCheck) -> list[tuple[str, BestFrame]]:
    both = (("before", check.before), ("after", check.after))
    return [(part, frame) for part, frame in both if frame is not None]


def _id(order: Order, answered_us: int, part: str) -> str:
    return f"{order.order}-{answered_us // 1_000_000}-{part}"
