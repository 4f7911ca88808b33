"""What a refusal says beyond its sentence: which fields are wrong."""

from __future__ import annotations

from pydantic import Field

from shared.messages.base import Message


class RefusedField(Message):
    """One field that is wrong, for people in English and for programs by its code."""

    field: str
    """Path within what was sent, such as windows.0.days."""
    code: str
    """Stable; what to translate."""
    facts: dict[str, str | int | float] = Field(default_factory=dict)
    """What the words name: ids, bounds."""
    problem: str
    """What is wrong, in English."""
    change: str
    """What to change, in English; may be empty."""


class RefusedFields(Message):
    """The body of an answer that refuses."""

    fields: tuple[RefusedField, ...]
    """In the order in which they were found."""
