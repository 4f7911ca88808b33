"""The query parameter that says why somebody looks."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from services.gateway.audit import Purpose

WatchedFor = Annotated[Purpose | None, Query(alias="purpose", description="why one looks; kept with the audit row")]
