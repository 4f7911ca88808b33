"""What alerting says happened."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.messages.base import Fact
from shared.messages.ingest import AT_US
from shared.subjects import CameraRef


class AlertRaised(Fact):
    """Fact `alert_raised`: a rule was broken in front of a camera."""

    owner: ClassVar[str] = "alerting"

    site: str
    camera: str
    alert: str = Field(description="id of the alert")
    rule: str = Field(description="stable name of the rule, such as no_mask")
    at_us: int = Field(description=AT_US)

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)
