"""The networks in which cameras may be: checked when an address is registered, and again when it is connected to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import PREFIX, setting

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
LOOPBACK_NETWORKS = ("127.0.0.0/8", "::1/128")
# Whatever the list says: link-local is where clouds keep their metadata service (169.254.169.254, fd00:ec2::254).
_NEVER = tuple(ip_network(each) for each in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "0.0.0.0/8", "::/128"))


class CameraNetworkSettings(BaseSettings):
    """For a service that is given addresses of cameras."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    camera_networks: str = setting(
        "",
        says="networks where cameras may be, separated by commas; empty: the private ranges",
        when_wrong="too wide: the camera form can be used to reach other machines; too narrow: cameras are refused",
    )
    allow_loopback_cameras: bool = setting(
        False,
        says="whether a camera may be on this machine (simulated ones are); never on a port of ours",
        when_wrong="true on a server: administrators can make ingest speak to whatever listens there",
    )

    @field_validator("camera_networks")
    @classmethod
    def _networks_parse(cls, text: str) -> str:
        networks_of(text, allows_loopback=False)
        return text

    @property
    def networks(self) -> tuple[Network, ...]:
        return networks_of(self.camera_networks, allows_loopback=self.allow_loopback_cameras)


def networks_of(text: str, *, allows_loopback: bool) -> tuple[Network, ...]:
    """From a list separated by commas; empty = the private ranges. Raises ValueError that names the wrong one."""
    named = [part.strip() for part in text.split(",") if part.strip()] or list(PRIVATE_NETWORKS)
    named += LOOPBACK_NETWORKS if allows_loopback else ()
    return tuple(ip_network(each) for each in named)


def allows(networks: tuple[Network, ...], address: Address) -> bool:
    """Whether a camera may have that address. An IPv4 address dressed as IPv6 counts as what it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return any(address.version == network.version and address in network for network in networks)


def may_connect(networks: tuple[Network, ...], text: str) -> bool:
    """The same for an address as the operating system writes it; what is none is refused."""
    try:
        return allows(networks, ip_address(text.partition("%")[0]))
    except ValueError:
        return False
