"""Images on the emulated Cortex-M4: skipped, with the reason, where the tools are not."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from hil.core.clock import WallClock
from hil.core.errors import TargetUnavailable
from hil.link.child_lines import pty, stdio
from hil.link.client import Client, Patience
from hil.link.greeting import greet
from hil.link.messages import StepRequest
from hil.targets.pil.emulator import on_semihosting, on_terminal
from hil.targets.pil.lines import chip_line
from hil_controllers.export.header import weights_crc32
from hil_controllers.export.image import FLAGS, image, image_sources
from hil_controllers.export.setpoint import said

PATIENT_S = 60.0  # no machine is so loaded that this is too short
PATIENT = Patience(tries=4, each_s=PATIENT_S / 4)
LINES = {"semihosting": (stdio, on_semihosting), "usart": (pty, on_terminal)}


@pytest.fixture(autouse=True)
def _needs_the_tools():
    try:
        chip_line("qemu:")
    except TargetUnavailable as error:
        pytest.skip(f"{error.message}: {error.hint}")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Images of tests go to a cache of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def made(network, line="semihosting", *, edits=(), extra=None, flags=()):
    """An image with places of its sources changed, each (file, old, new) there once; sources and flags added."""
    files = image_sources(network, line) | (extra or {})
    for name, old, new in edits:
        assert files[name].count(old) == 1, f"{old!r} in {name}"
        files[name] = files[name].replace(old, new)
    return image(files, network.hash, flags=(*FLAGS, *flags))


def line_to(path, line="semihosting"):
    """A line, not opened, to an image under the emulator."""
    over, command = LINES[line]
    return over(command(path), WallClock())


@contextmanager
def asked(network, path, line="semihosting"):
    """A client of an image that carries the network, greeted and reset; and its line."""
    with line_to(path, line) as opened:
        client = Client(opened, WallClock(), PATIENT)
        hello = greet(client, network.hash, weights_crc32(network), within_s=PATIENT_S)
        client.reset()
        yield SimpleNamespace(client=client, line=opened, hello=hello)


def request_of(state, setpoint):
    """A state (13,) and a set-point (11,) as a step asks."""
    x, (wanted, bits) = state.tolist(), said(setpoint)
    w = wanted.tolist()
    return StepRequest._make((x[0:3], x[3:6], x[6:10], x[10:13], w[0:3], w[3:6], w[6:9], bits))


@pytest.fixture(scope="session")
def chips():
    """Makers of images, lines and clients."""
    return SimpleNamespace(made=made, line_to=line_to, asked=asked, request_of=request_of, patient_s=PATIENT_S)
