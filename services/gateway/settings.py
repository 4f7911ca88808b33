"""Every knob of the gateway beside those that all services share."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.gateway.oidc import GROUP_GRANTS, GroupGrant
from shared.camera_networks import CameraNetworkSettings
from shared.ice_servers import IceServerSettings
from shared.settings import PREFIX, DatabaseSettings, SealingSettings, ServiceSettings, setting


def _built_console() -> Path:
    """Where `make console` puts it."""
    return Path(__file__).parent / "console" / "dist"


class GatewaySettings(ServiceSettings, DatabaseSettings, SealingSettings, CameraNetworkSettings, IceServerSettings):
    """Environment variables `BK_*`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    admin_password_file: Path | None = setting(
        None,
        says="where the first start writes the generated password of `admin` (mode 0600)",
        when_wrong="without it nobody can log in after the first start: the process ends with one line instead",
    )
    admin_password_once: bool = setting(
        True,
        says="whether `admin` must choose another password at the first log-in",
        when_wrong="false: what was printed at the start opens everything until somebody thinks of it; bk up keeps it,"
        " because its commands log in with that file",
    )
    console_dir: Path = setting(
        default_factory=_built_console,
        says="folder of the built console; by default dist beside its sources",
        when_wrong="a page says that the console is not built; the API works",
    )
    media_redirect: bool = setting(
        False,
        says="whether recorded bytes are fetched by browsers from S3 itself, by signed addresses",
        when_wrong="true where browsers cannot reach BK_S3_PUBLIC_ENDPOINT of the recorder: playback stays black",
    )
    login_lifetime_s: float = setting(
        12 * 3600.0,
        says="seconds until a login ends by itself",
        when_wrong="long: a lost phone stays logged in; short: supervisors log in during their shift",
        ge=60,
        le=30 * 86_400,
    )
    secure_cookie: bool = setting(
        False,
        says="whether the login cookie travels over TLS alone",
        when_wrong="true without TLS: nobody stays logged in; false with TLS: one plain request shows the cookie",
    )
    own_ports: str = setting(
        "",
        says="TCP ports of this installation on loopback, separated by commas: refused as cameras",
        when_wrong="a port left out can be spoken to through the camera form, where loopback is allowed",
        pattern=r"^[\d, ]*$",
    )
    camera_files: Path | None = setting(
        None,
        says="folder whose files may be cameras (file:); none: no files",
        when_wrong="a folder with other videos in it can be shown by administrators",
    )
    event_listeners: int = setting(
        5000,
        says="clients that listen to events of one gateway at once",
        when_wrong="too many for the machine: events come late; too few: pages fall back to asking again and again",
        ge=1,
    )
    live_viewers: int = setting(
        1000,
        says="live views that one gateway serves at once",
        when_wrong="too many for the machine: all become slow; too few: people are refused",
        ge=1,
    )
    live_viewers_of_person: int = setting(
        64,
        says="live views that one person may have open at once",
        when_wrong="too few: a wall of tiles stays half empty",
        ge=1,
    )
    live_queue_bytes: int = setting(
        16 * 1024 * 1024,
        says="bytes queued for one viewer before it loses whole GOPs; at least one GOP of the largest camera",
        when_wrong="smaller than a GOP: a slow viewer sees nothing; larger: memory, where viewers are slow",
        ge=1024 * 1024,
    )
    live_queue_s: float = setting(
        3.0,
        says="seconds a viewer may fall behind before it loses whole GOPs",
        when_wrong="short: a hiccup of the network loses pictures; long: a slow viewer sees the past",
        gt=0.2,
    )

    logins_waiting: int = setting(
        100,
        says="people who may wait at once for their turn to log in; whoever comes then is told when to come again",
        when_wrong="too few: a district that logs in at eight gets 503; too many: they wait until their browsers"
        " give up (20 s), and try again",
        ge=1,
    )
    requests_of_address: float = setting(
        300.0,
        says="API requests a second from one address in the long run, ten seconds' worth at once; 0: no limit",
        when_wrong="too few: a bureau behind one address gets 429; too many: one client keeps the others waiting",
        ge=0,
    )
    requests_of_account: float = setting(
        100.0,
        says="API requests a second of one account in the long run, ten seconds' worth at once; 0: no limit",
        when_wrong="too few: a wall that plays back many cameras gets 429",
        ge=0,
    )
    requests_of_public_address: float = setting(
        100.0,
        says="requests a second from one address for public screens, ten seconds' worth at once; 0: no limit",
        when_wrong="too few: phones behind one address see pictures that stand still; too many: less for those at work",
        ge=0,
    )
    json_body_bytes: int = setting(
        1_000_000,
        says="bytes of a JSON body; files have their own limits",
        when_wrong="too few: a drill or broadcast to very many cameras gets 413",
        ge=10_000,
    )
    bureau_name: str = setting(
        "",
        says="name of the bureau at the head of orders on paper; empty: a general word",
        when_wrong="schools get papers that do not say from whom",
    )
    bureau_name_en: str = setting(
        "", says="the same on papers in English; empty: BK_BUREAU_NAME", when_wrong="English papers have another head"
    )
    notice_console_url: str = setting(
        "",
        says="address of the console as people open it; messages and papers lead to it. Empty: messages have no links, "
        "papers have the address that they were asked for at",
        when_wrong="links in messages and codes on papers lead nowhere",
        pattern=r"^(https?://[^\s]{1,200})?$",
    )
    time_zone: str = setting(
        "Asia/Shanghai",
        says="IANA name of the clock by which working time is counted, and that stands on papers",
        when_wrong="deadlines are hours off",
    )
    oidc_issuer: str = setting(
        "",
        says="address of the OpenID Connect provider, exactly as it calls itself; empty: passwords alone",
        when_wrong="nobody can log in there: 503, and the reason is in the log",
        pattern=r"^(https://\S+|http://(localhost|127\.0\.0\.1)(:\d+)?(/\S*)?)?$",
    )
    oidc_client_id: str = setting(
        "bright-kitchen", says="what the provider knows us as", when_wrong="the provider refuses browsers that we send"
    )
    oidc_client_secret: SecretStr = setting(
        SecretStr(""), says="what we prove it with", when_wrong="401 not_vouched after every log-in at the provider"
    )
    oidc_redirect_url: str = setting(
        "",
        says="where the provider sends browsers back to: https://<this gateway>/api/v1/oidc/callback",
        when_wrong="the provider refuses, or people end up elsewhere",
    )
    oidc_name: str = setting(
        "OpenID Connect", says="what the button on the log-in page says", when_wrong="people do not know what it is"
    )
    oidc_scopes: str = setting(
        "openid profile",
        says="what is asked of the provider, separated by spaces",
        when_wrong="without the scope that carries the groups nobody has a role: 403 no_role",
    )
    oidc_name_claim: str = setting(
        "preferred_username",
        says="claim of the ID token that names people in the audit trail",
        when_wrong="people are named by numbers",
    )
    oidc_groups_claim: str = setting(
        "groups", says="claim of the ID token that lists groups", when_wrong="nobody has a role: 403 no_role"
    )
    oidc_groups: str = setting(
        "{}",
        says='what groups may do, as JSON: {"kitchen-inspectors": {"roles": ["supervisor"], "sites": ["school-1"]}}; '
        "without sites: all of them. Several groups add up to all of their schools, and to those of their roles that "
        "allow nothing at any of these which no group allows there: viewer of all and supervisor of one is a viewer",
        when_wrong="a group that is not named may do nothing; JSON that cannot be read ends the process with one line",
    )

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no IANA time zone, such as Asia/Shanghai")
        return name

    @field_validator("oidc_groups")
    @classmethod
    def _groups_can_be_read(cls, text: str) -> str:
        GROUP_GRANTS.validate_json(text or "{}")
        return text or "{}"

    @property
    def oidc_group_grants(self) -> dict[str, GroupGrant]:
        return GROUP_GRANTS.validate_json(self.oidc_groups)

    @property
    def own_port_numbers(self) -> frozenset[int]:
        """The gateway's own is always one of them."""
        return frozenset({self.http_port, *(int(part) for part in self.own_ports.split(",") if part.strip())})
