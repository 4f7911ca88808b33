"""Routes: sites."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.gateway.adapters.http.access import by_of, identity_of
from services.gateway.adapters.http.etags import IfMatch, etag, revision_of
from services.gateway.adapters.http.paging import Paging, Words
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import NewSite, Page, SiteAnswer, SiteChange
from services.gateway.sites import Site

router = APIRouter(prefix="/api/v1/sites", tags=["sites"])


@router.get("", responses=refusals(400, 401))
async def list_sites(request: Request, page: Paging, words: Words) -> Page[SiteAnswer]:
    """All sites, by id."""
    found = await rooms_of(request).registry.list_sites(page, identity_of(request).seen_sites(()), words)
    return Page(items=[_answer(site) for site in found.items], next_cursor=found.next_cursor)


@router.post("", status_code=201, responses=refusals(401, 403, 409, 422))
async def add_site(body: NewSite, request: Request, response: Response) -> SiteAnswer:
    """Register a site."""
    site = Site(body.id, body.name, body.kind, body.recordings_gb, body.unit)
    site = await rooms_of(request).registry.add_site(by_of(request), site)
    response.headers["Location"] = f"{router.prefix}/{site.id}"
    response.headers["ETag"] = etag(site.revision)
    return _answer(site)


@router.get("/{id}", responses=refusals(401, 404))
async def get_site(id: str, request: Request, response: Response) -> SiteAnswer:
    """One site."""
    site = await rooms_of(request).registry.site(id)
    response.headers["ETag"] = etag(site.revision)
    return _answer(site)


@router.patch("/{id}", responses=refusals(401, 403, 404, 412, 422))
async def change_site(
    id: str, body: SiteChange, request: Request, response: Response, if_match: IfMatch = None
) -> SiteAnswer:
    """Change name, kind, unit, or what its recordings may take (null: no bound)."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in ("recordings_gb", "unit")}
    site = await rooms_of(request).registry.change_site(by_of(request), id, changes, revision_of(if_match))
    response.headers["ETag"] = etag(site.revision)
    return _answer(site)


@router.delete("/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_site(id: str, request: Request) -> None:
    """Remove a site that has no cameras any more."""
    await rooms_of(request).registry.remove_site(by_of(request), id)
    await rooms_of(request).uniforms.site_gone(id)


def _answer(site: Site) -> SiteAnswer:
    return SiteAnswer(id=site.id, name=site.name, kind=site.kind, recordings_gb=site.recordings_gb, unit=site.unit)
