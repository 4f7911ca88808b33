"""What notifications are told from outside: `BK_NOTICE_*`."""

from __future__ import annotations

from pydantic import SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.camera_networks import Network, networks_of
from shared.settings import PREFIX, setting

# Services that bring a message to people. Not among them: what speaks to any address that is entered (json, xml, form:
# a signed webhook does that, to allowed networks), and what writes to this machine itself.
SCHEMES = (
    "wecombot,dingtalk,feishu,lark,wxpusher,pushplus,schan,mailto,mailtos,ntfy,ntfys,gotify,gotifys,bark,barks,"
    "tgram,slack,discord,workflows,matrix,matrixs,rocket,rockets,mmost,mmosts,zulip,signal,signals,vapid,"
    "clickatell,twilio,vonage,sinch,sns,smseagle,smseagles,voipms,pover,opsgenie,pagerduty"
)
_NEVER = frozenset(("json", "jsons", "xml", "xmls", "form", "forms", "syslog", "rsyslog", "apprise", "apprises"))


class NoticeSettings(BaseSettings):
    """For the service that tells people."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    notice_networks: str = setting(
        "",
        says="networks where webhooks may lead, separated by commas; empty: the private ranges",
        when_wrong="too wide: whoever may configure channels reaches other machines from here; too narrow: refused",
    )
    notice_schemes: str = setting(
        SCHEMES,
        says="apprise's services that may be used, by their schemes, separated by commas; empty: none",
        when_wrong="a service that is missing is refused with this variable's name",
    )
    notice_slots: int = setting(
        16,
        says="channels that are sent on at the same time",
        when_wrong="few: as many slow services delay everybody else's messages by BK_NOTICE_LIMIT_S",
        ge=1,
        le=200,
    )
    notice_limit_s: float = setting(
        10.0,
        says="seconds that one attempt may take",
        when_wrong="short: services that are slow and willing count as failed, and may be told twice",
        ge=0.2,
        le=120,
    )
    notice_attempts: int = setting(
        6,
        says="attempts before a delivery has failed",
        when_wrong="1: a restart of the mail server loses messages",
        ge=1,
    )
    notice_retry_s: float = setting(
        5.0,
        says="seconds until the second attempt; each further one comes after four times as long, 15 minutes at most",
        when_wrong="short: a service that is away is asked again and again",
        ge=0.1,
        le=900,
    )
    notice_channels_max: int = setting(
        10, says="channels of one person", when_wrong="few: people cannot add what they use", ge=1, le=100
    )
    notice_stale_h: float = setting(
        24.0,
        says="hours after which nobody is told any more of what could not be told before",
        when_wrong="long: after an outage people get yesterday's news; short: they never hear of it",
        gt=0,
    )
    notice_keep_days: int = setting(
        180,
        says="days for which deliveries and their attempts are kept",
        when_wrong="short: nobody can say who knew",
        ge=1,
    )
    notice_console_url: str = setting(
        "",
        says="address of the console as people open it; messages and papers lead to it. Empty: messages have no links, "
        "papers have the address that they were asked for at",
        when_wrong="links in messages and codes on papers lead nowhere",
    )
    notice_mail_server: str = setting(
        "",
        says="host:port of the server that takes our mail; empty: nobody can have mail",
        when_wrong="mail fails, and each delivery says why",
    )
    notice_mail_tls: str = setting(
        "starttls",
        says="starttls, tls (from the first byte), or none",
        when_wrong="none: messages and the password pass in clear",
        pattern="^(none|starttls|tls)$",
    )
    notice_mail_user: str = setting("", says="user at that server; empty: none", when_wrong="mail is refused")
    notice_mail_password: SecretStr = setting(
        SecretStr(""), says="its password", when_wrong="mail is refused, and each delivery says so"
    )
    notice_mail_from: str = setting(
        "",
        says="sender of our mail; needed with a server",
        when_wrong="mail is refused or taken for spam",
        validate_default=True,
    )

    @field_validator("notice_networks")
    @classmethod
    def _networks_parse(cls, text: str) -> str:
        networks_of(text, allows_loopback=False)
        return text

    @field_validator("notice_schemes")
    @classmethod
    def _schemes_are_for_people(cls, text: str) -> str:
        wrong = _split(text) & _NEVER
        if wrong:
            raise ValueError(f"{min(wrong)} is not a service that reaches people: use a webhook")
        return text

    @field_validator("notice_mail_server")
    @classmethod
    def _is_host_and_port(cls, text: str) -> str:
        host, _, port = text.rpartition(":")
        if text and (not host or not port.isdigit() or not 0 < int(port) < 65536):
            raise ValueError("write host:port, such as mail.example:587")
        return text

    @field_validator("notice_mail_from")
    @classmethod
    def _is_a_sender(cls, text: str, info: ValidationInfo) -> str:
        if info.data.get("notice_mail_server") and "@" not in text:
            raise ValueError("mail needs a sender, such as kitchens@bureau.example")
        return text

    @property
    def webhook_networks(self) -> tuple[Network, ...]:
        return networks_of(self.notice_networks, allows_loopback=False)

    @property
    def apprise_schemes(self) -> frozenset[str]:
        return _split(self.notice_schemes)


def _split(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())
