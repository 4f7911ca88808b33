"""Photos that belong to answers: kept under the order they are about, named by what they are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from shared.errors import RequestRefused
from shared.messages.orders import Attachment, AttachmentFile, AttachmentPut, AttachmentRef, Order

_BYTES_MAX = 6_000_000
_ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf"}
_BEGINS = {"image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-"}


class Files(Protocol):
    """Objects in S3. All raise PeerError while it is away."""

    async def put(self, name: str, data: bytes, content_type: str) -> None: ...

    async def get(self, name: str) -> bytes:
        """Raises ObjectMissing."""
        ...


class OrderBook(Protocol):
    """Where orders are found."""

    async def order(self, id: str) -> Order | None: ...


@dataclass(frozen=True, slots=True)
class AttachmentDesk:
    """One function for each request."""

    files: Files
    orders: OrderBook
    now_us: Callable[[], int]

    async def put(self, request: bytes) -> Attachment:
        wanted = AttachmentPut.decode(request)
        await self._order(wanted.order)
        try:
            data = base64.b64decode(wanted.data_base64, validate=True)
        except binascii.Error as error:
            raise RequestRefused("bad_file", "The file did not arrive whole: send it again.", status=422) from error
        if not data.startswith(_BEGINS[wanted.kind]):
            raise RequestRefused("bad_file", f"This is no {wanted.kind}.", status=422)
        if len(data) > _BYTES_MAX:
            raise RequestRefused("body_too_large", "A file of an answer is at most 6 MB.", status=413)
        digest = sha256(data).hexdigest()
        name = f"orders/{wanted.order}/{digest[:32]}.{_ENDINGS[wanted.kind]}"
        await self.files.put(name, data, wanted.kind)
        return Attachment(
            object_name=name, kind=wanted.kind, sha256=digest, size_bytes=len(data), taken_us=wanted.taken_us
        )

    async def get(self, request: bytes) -> AttachmentFile:
        wanted = AttachmentRef.decode(request)
        order = await self._order(wanted.order)
        for step in order.steps:
            for each in step.attachments:
                if each.object_name == wanted.object_name:
                    data = await self.files.get(each.object_name)
                    return AttachmentFile(kind=each.kind, data_base64=base64.b64encode(data).decode())
        raise RequestRefused("no_such_file", "This order has no such file.", status=404)

    async def _order(self, id: str) -> Order:
        order = await self.orders.order(id)
        if order is None:
            raise RequestRefused("no_such_order", f"There is no order {id[:80]!r}.", status=404)
        return order
