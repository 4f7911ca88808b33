"""What Web Push is told from outside: `BK_NOTICE_PUSH_*` and `BK_NOTICE_DEVICES_MAX`."""

from __future__ import annotations

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.alerting.push.services import PushServices
from services.alerting.push.vapid import VapidKey
from shared.camera_networks import Network, networks_of
from shared.settings import PREFIX, setting


class PushSettings(BaseSettings):
    """For the service that tells people's devices."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    notice_push_hosts: str = setting(
        "",
        says="push services that browsers may name, separated by commas: `browsers` (those of Chrome, Firefox, Edge and"
        " Safari), host, *.host, host:port; empty: no Web Push, as on a closed network",
        when_wrong="empty: phones are told only while the console is open; too wide: whoever logs in can make alerting"
        " speak to other machines",
    )
    notice_push_networks: str = setting(
        "",
        says="networks where push services may be, separated by commas; empty: public addresses alone",
        when_wrong="a push service of your own on a private network is refused; too wide: other machines are reached",
    )
    notice_push_contact: str = setting(
        "",
        says="mailto: or https: of who runs this installation, told to push services; empty: the console's address,"
        " else BK_NOTICE_MAIL_FROM",
        when_wrong="Apple refuses every message without a contact that it believes",
    )
    notice_push_private_key: SecretStr = setting(
        SecretStr(""),
        says="VAPID private key, 32 bytes in base64url; empty: made at the first start and kept sealed",
        when_wrong="another key: each device must be switched on again",
    )
    notice_devices_max: int = setting(
        5, says="devices of one person", when_wrong="few: the phone is refused", ge=1, le=50
    )

    @field_validator("notice_push_hosts")
    @classmethod
    def _are_hosts(cls, text: str) -> str:
        PushServices.parse(text)
        return text

    @field_validator("notice_push_networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        networks_of(text, allows_loopback=False)
        return text

    @field_validator("notice_push_contact")
    @classmethod
    def _is_a_contact(cls, text: str) -> str:
        if text and not text.startswith(("mailto:", "https://")):
            raise ValueError("write mailto:somebody@bureau.example or https://bureau.example")
        return text

    @field_validator("notice_push_private_key")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        if secret.get_secret_value():
            VapidKey.parse(secret.get_secret_value())
        return secret

    @property
    def push_services(self) -> PushServices:
        networks: tuple[Network, ...] = ()
        if self.notice_push_networks.strip():
            networks = networks_of(self.notice_push_networks, allows_loopback=False)
        return PushServices.parse(self.notice_push_hosts, networks)
