"""Route: an order as a PDF, to print and hand out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.papers.paper import Language

router = APIRouter(prefix="/api/v1/orders", tags=["cases"])

_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "description": "A4; its pictures as they are kept, boxes drawn over them; Chinese as text",
    }
}


@router.get("/{id}/document.pdf", response_class=Response, responses=_PDF | refusals(401, 403, 404, 422))
async def order_document(
    id: str,
    request: Request,
    lang: Annotated[Language, Query(description="of all that the bureau did not write itself")] = "zh-CN",
) -> Response:
    """The order on paper: violation and pictures, what is required until when, lines to sign and seal, what the school
    answered and what the machine saw since, the evidence's SHA-256, and a QR code that leads to it in the console.
    Pictures that the account may not see, or that are out of reach, are replaced by why."""
    made = await rooms_of(request).order_papers.pdf(by_of(request), id, lang, str(request.base_url))
    name = f'attachment; filename="order-{id}-{lang}.pdf"'
    return Response(
        made, media_type="application/pdf", headers={"Content-Disposition": name, "Cache-Control": "no-store"}
    )
