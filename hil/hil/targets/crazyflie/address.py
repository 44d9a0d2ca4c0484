"""Which vehicle is meant: by URI, by the environment, by the inventory."""

import os
from typing import NamedTuple
from urllib.parse import urlparse

from hil import sites
from hil.core.errors import BadInput, TargetUnavailable, unknown_name
from hil.sites import Device, Found
from hil.targets.order import Hardware

VIRTUAL = "virtual"
VARIABLE = "CFLIB_URI"
_SCHEMES = ("radio", "usb", "udp", "tcp", "serial", "prrt")
_LOCAL = ("127.0.0.1", "localhost")
_RADIO_DEFAULTS = ["2", "2M", "E7E7E7E7E7"]  # channel, rate, address


class Address(NamedTuple):
    """Where a vehicle is, and what the inventory says of it."""

    uri: str
    device: Device | None = None
    name: str | None = None

    @property
    def local_port(self) -> int | None:
        """The UDP port of this machine that it is at, or None."""
        parsed = urlparse(self.uri)
        return parsed.port if parsed.scheme == "udp" and parsed.hostname in _LOCAL else None


def find(hardware: Hardware) -> Address:
    """The URI asked for, else that of the device asked for, else `CFLIB_URI`, else the only device there is.

    A URI that is a device's in the inventory, however it is spelt, is that device, with its decks and its limits.
    Raises BadInput for one that cannot be, TargetUnavailable where nothing tells.
    """
    told = _told(hardware)
    found = sites.choose(hardware.device) if hardware.device or not told else _device_at(told)
    uri = told or (found.device.uri if found else None)
    if uri is None:
        raise TargetUnavailable(
            "no vehicle given",
            hint=f"--uri virtual starts a virtual one; a real one: --uri radio://0/80/2M/E7E7E7E7E7, {VARIABLE}, "
            "or a device in sites/*.toml",
        )
    _refuse_nonsense(uri)
    return Address(uri, found.device if found else None, found.name if found else None)


def _device_at(uri: str) -> Found | None:
    """The device of the inventory that is at this URI."""
    if uri == VIRTUAL:
        return None
    return next(
        (Found(*item) for item in sites.inventory().items() if vehicle_at(item[1].uri) == vehicle_at(uri)), None
    )


def not_the_inventorys(hardware: Hardware) -> str | None:
    """What to warn of: that `CFLIB_URI` names a vehicle of which the inventory, which has some, knows nothing."""
    uri = None if hardware.uri else _told(hardware)
    devices = sites.inventory() if uri else {}
    if not uri or uri == VIRTUAL or not devices or _device_at(uri):
        return None
    names = " | ".join(sorted(devices))
    return f"{VARIABLE} names {uri}, which is no device in the inventory: its limits do not hold (--device {names})"


def vehicle_at(uri: str) -> str:
    """The same text for every URI of the same vehicle, as far as that can be told: left-out parts and spelling apart.

    A radio's number is left out: whichever dongle sends, channel, rate and address are the vehicle's. Defaults as in
    cflib: channel 2, 2M, E7E7E7E7E7.
    """
    parsed = urlparse(uri.strip())
    if parsed.scheme == "radio":
        given = [part.upper() for part in parsed.path.strip("/").split("/") if part]
        channel, rate, address = given[:3] + _RADIO_DEFAULTS[len(given) :]
        return f"radio://{channel.lstrip('0') or '0'}/{rate}/{address:0>10}"
    if parsed.scheme in ("udp", "tcp"):
        host, port = (parsed.hostname or "").lower(), parsed.netloc.rpartition(":")[2]
        return f"{parsed.scheme}://{_LOCAL[0] if host in _LOCAL else host}:{port}"
    return uri.strip().rstrip("/")


def _told(hardware: Hardware) -> str | None:
    environment = None if hardware.device else os.environ.get(VARIABLE)
    return hardware.uri or environment or None


def _refuse_nonsense(uri: str) -> None:
    if uri == VIRTUAL:
        return
    scheme, separator, rest = uri.partition("://")
    if not separator or not rest:
        raise BadInput(f"not a URI: {uri!r}", hint="radio://0/80/2M/E7E7E7E7E7, udp://127.0.0.1:19850, or virtual")
    if scheme not in _SCHEMES:
        raise BadInput(unknown_name("kind of link", scheme, _SCHEMES), hint=f"in {uri}")
    try:
        port = urlparse(uri).port
    except ValueError as problem:
        raise BadInput(f"{uri}: {problem}") from problem
    if scheme in ("udp", "tcp") and port is None:
        raise BadInput(f"{uri}: no port", hint=f"{uri.rstrip('/')}:19850")
