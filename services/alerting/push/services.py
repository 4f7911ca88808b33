"""Which push services may be spoken to: browsers name the address, so it is checked as if an enemy had. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from services.alerting.push.encryption import DeviceKeys
from shared.camera_networks import Network, may_connect
from shared.errors import RequestRefused

# What `browsers` stands for: the services that Chrome, Firefox, Edge and Safari are built with.
BROWSERS = ("fcm.googleapis.com", "*.push.services.mozilla.com", "*.notify.windows.com", "*.push.apple.com")
_HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class PushServices:
    """`hosts`: `name`, `*.name` or either with `:port`; none: Web Push is off. `networks`: none: public addresses."""

    hosts: tuple[str, ...]
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, hosts: str, networks: tuple[Network, ...] = ()) -> PushServices:
        """Separated by commas. Raises ValueError that names what is no host."""
        named: list[str] = []
        for part in filter(None, (each.strip().lower() for each in hosts.split(","))):
            named += BROWSERS if part == "browsers" else (part,)
        for each in named:
            name, _, port = each.removeprefix("*.").partition(":")
            is_port = not port or (port.isdigit() and 0 < int(port) < 65536)
            if not name or not name.isascii() or set(name) & set("/*@ \t") or not is_port:
                raise ValueError(f"{each!r} is no host, such as push.example or *.push.example:8443")
        return cls(tuple(dict.fromkeys(named)), networks)

    @property
    def is_on(self) -> bool:
        return bool(self.hosts)

    def allows_host(self, host: str, port: int) -> bool:
        return any(_fits(pattern, host.lower(), port) for pattern in self.hosts)

    def allows_address(self, text: str) -> bool:
        """What the name leads to, as the operating system writes it."""
        if self.networks:
            return may_connect(self.networks, text)
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return address.is_global and not address.is_multicast


def require_keys(secret: str) -> DeviceKeys:
    """The keys of a subscription as they were sealed. Raises RequestRefused (422)."""
    try:
        return DeviceKeys.from_secret(secret)
    except ValueError as error:
        said = "Send `p256dh` and `auth` as the browser's PushSubscription gives them."
        raise RequestRefused("bad_device", said, status=422) from error


def _fits(pattern: str, host: str, port: int) -> bool:
    name, _, named_port = pattern.partition(":")
    if port != (int(named_port) if named_port else _HTTPS_PORT):
        return False
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
