"""What alerting is told from outside."""

from __future__ import annotations

from zoneinfo import available_timezones

from pydantic import field_validator

from services.alerting.notice_settings import NoticeSettings
from services.alerting.push_settings import PushSettings
from shared.settings import DatabaseSettings, ObjectSettings, SealingSettings, ServiceSettings, setting


class Settings(ServiceSettings, DatabaseSettings, ObjectSettings, SealingSettings, NoticeSettings, PushSettings):
    """Variables `BK_*` of alerting."""

    rule_hold_s: float = setting(
        1.0,
        says="seconds after a picture was taken in which facts about it are put in order before rules judge them",
        when_wrong="short: facts that overtake each other are left alone; long: every alert comes so much later",
        ge=0.1,
        le=10,
    )

    proof_days: int = setting(
        180,
        says="days for which picture, clip and facts of an alert are kept, and pictures before and after a correction"
        " are locked",
        when_wrong="short: an appeal comes when nothing is left; long: disks fill with what nobody asks for",
        ge=7,
        le=1000,
    )

    outage_share: float = setting(
        0.6,
        says="share of a school's cameras (three at least), or of a district's schools, that are away: one outage",
        when_wrong="small: cameras that fail by themselves are called a power cut; large: a power cut is many alerts",
        gt=0,
        le=1,
    )
    outage_window_s: float = setting(
        90.0,
        says="seconds within which they went away; three times as long for a district",
        when_wrong="short: a power cut is many alerts; long: cameras that fail one by one are called a power cut",
        ge=1,
        le=1800,
    )
    due_class_1_h: float = setting(
        4.0, says="working hours to correct what is of class 1", when_wrong="too short: nobody can", gt=0, le=1000
    )
    due_class_2_h: float = setting(24.0, says="the same of class 2", when_wrong="too short: nobody can", gt=0, le=1000)
    due_class_3_h: float = setting(75.0, says="the same of class 3", when_wrong="too short: nobody can", gt=0, le=1000)
    yellow_card_days: float = setting(
        5.0,
        says="working days overdue after which class 1 shows the yellow card",
        when_wrong="not what the bureau has announced: schools appeal, and are right",
        gt=0,
        le=100,
    )
    red_card_days: float = setting(
        7.0, says="the same of the red card", when_wrong="before the yellow one: nobody is warned", gt=0, le=100
    )
    check_window_s: float = setting(
        600.0,
        says="seconds after an answer for which the machine looks before it says that a correction is seen",
        when_wrong="short: passed before anybody has worked; long: schools and supervisors wait",
        ge=1,
        le=86400,
    )
    check_looks_min: int = setting(
        20,
        says="looks at what the rule is about that it must have had by then",
        when_wrong="few: one lucky picture is called a correction; many: small kitchens are never called corrected",
        ge=1,
        le=10_000,
    )
    order_look_s: float = setting(
        20.0,
        says="seconds between looks at what is due: reminders, cards, the machine's own",
        when_wrong="short: the database is asked for nothing; long: all of it comes late",
        ge=0.5,
        le=600,
    )
    time_zone: str = setting(
        "Asia/Shanghai",
        says="IANA name of the clock by which working time is counted, and that stands on papers",
        when_wrong="deadlines are hours off",
    )

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no IANA time zone, such as Asia/Shanghai")
        return name

    @property
    def push_contact(self) -> str:
        """Whom push services may turn to (RFC 8292 2.1)."""
        if self.notice_push_contact or self.notice_console_url.startswith("https://"):
            return self.notice_push_contact or self.notice_console_url
        return f"mailto:{self.notice_mail_from}" if self.notice_mail_from else ""

    @property
    def own_bucket(self) -> str:
        """Photos and documents of the closed loop lie beside the recordings, never among them."""
        return f"{self.s3_bucket}-alerting"
