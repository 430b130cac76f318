"""Where webhooks may be sent to: no road leads through this service into its own network.

Unless BLUEPRINT_WEBHOOK_HOSTS lists the hosts, only addresses that the whole internet reaches are
sent to. The address that was looked at is the one that is connected to: a name that answers
differently the second time gains nothing.
"""

import os
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from blueprint.errors import InvalidWebhook

_LONGEST = 2000
_PORTS = {"http": 80, "https": 443}
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))

_GIVEN_OUT = ip_network("2000::/3")
"""All that of IPv6 has been given out; Python takes more for global."""
_FOR_PROTOCOLS = ip_network("192.0.0.0/24")


@dataclass(frozen=True, slots=True)
class Place:
    """A host with the address that was looked at, and what is asked of it."""

    secure: bool
    host: str
    port: int
    address: str
    path: str


def check_address(url: str) -> SplitResult:
    """See that a URL is one that may be sent to, as far as the text alone tells.

    Raises:
        InvalidWebhook: it is not.
    """
    shown = f"{url[:100]!a}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidWebhook(f"{shown}: is no address; give https://host/path") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST
    if parts.scheme not in _PORTS or not parts.hostname or not plain or port == 0:
        raise InvalidWebhook(f"{shown}: is no address of the web; give https://host/path")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidWebhook(f"{shown}: has a user, a password or a fragment; leave it out")
    listed = _listed()
    if listed is not None and parts.hostname.lower() not in listed:
        message = f"{parts.hostname}: is not among the hosts of BLUEPRINT_WEBHOOK_HOSTS"
        raise InvalidWebhook(f"{message}; ask the administrator")
    if listed is None:
        try:
            literal = ip_address(parts.hostname)
        except ValueError:
            return parts
        _refuse_inside(parts.hostname, literal)
    return parts


def place_of(url: str) -> Place:
    """Look a URL's host up, once.

    Raises:
        InvalidWebhook: it may not be sent to.
        OSError: the host is not known now.
    """
    parts = check_address(url)
    host = parts.hostname
    assert host is not None
    port = parts.port or _PORTS[parts.scheme]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    address = str(found[0][4][0])
    if _listed() is None:
        for one in found:
            # one inside among others outside is as good as inside: the next look-up may turn
            _refuse_inside(host, ip_address(str(one[4][0]).partition("%")[0]))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme == "https", host, port, address, path)


def _listed() -> frozenset[str] | None:
    text = os.environ.get("BLUEPRINT_WEBHOOK_HOSTS", "")
    hosts = frozenset(host.strip().lower() for host in text.split(",") if host.strip())
    return hosts or None


def _refuse_inside(host: str, address: IPv4Address | IPv6Address) -> None:
    """See that an address is one of the internet at large, however it is written."""
    inside = not address.is_global or address.is_multicast
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or address.teredo
        inside |= wrapped is not None or any(address in network for network in _NAT64)
        inside |= address not in _GIVEN_OUT
    else:
        inside |= address in _FOR_PROTOCOLS
    if inside:
        message = f"{host}: is not on the internet but in a network of its own"
        raise InvalidWebhook(f"{message}; have BLUEPRINT_WEBHOOK_HOSTS list it")
