"""Problem documents (RFC 9457), with the words that the OpenAPI document shows."""

from __future__ import annotations

from pydantic import Field

from services.gateway.adapters.http.bodies import Answer
from shared.field_faults import Fact, FieldFault


class FieldProblem(Answer):
    """One field that is wrong. `problem` and `change` are for people; `code` with `facts` says the same to programs."""

    field: str = Field(examples=["main.url"])
    code: str = Field(description="stable; translate this one", examples=["scheme_unknown"])
    facts: dict[str, Fact] = Field(description="what the sentences name: ids, bounds", examples=[{"scheme": "ftp"}])
    problem: str = Field(examples=["The scheme 'ftp' is not one that cameras speak."])
    change: str = Field(
        examples=["Begin the address with rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://."]
    )

    @classmethod
    def of(cls, fault: FieldFault) -> FieldProblem:
        return cls(
            field=fault.field,
            code=fault.code,
            facts=dict(fault.facts),
            problem=fault.problem,
            change=fault.change,
        )


class Problem(Answer):
    """RFC 9457 problem document. `code` is stable and for programs; `detail` is for people and says what to change."""

    type: str = Field("about:blank", description="about:blank: the status says the class, `code` the case")
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["1 field is wrong; each is listed with what to change."])
    code: str = Field(examples=["invalid_fields"])
    errors: list[FieldProblem] | None = None
    retry_after_s: int | None = Field(None, description="with 429 and 503: try again after so many seconds")
    request_id: str | None = Field(None, description="with 500: which line of the gateway's log says more")
