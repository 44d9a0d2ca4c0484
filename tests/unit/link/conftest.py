"""The answering side for all tests of the link: in Python, and in C as a program of this computer."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hil.link.device import Device, Refusal
from hil.link.messages import PROTOCOL, ClockSource, HelloAnswer, Status, StepAnswer, StepRequest
from hil.link.packing import layout_crc32

PROTOCOL_IN_C = Path(__file__).parents[3] / "controllers/firmware/protocol"
SOURCES = ("hil_frame.c", "hil_link.c", "host_peer.c", "stand_in.c")
STRICT = (
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wconversion",
    "-Wdouble-promotion",
    "-Wshadow",
    "-ffp-contract=off",
)
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

HELLO = HelloAnswer(
    protocol=PROTOCOL,
    layout_crc32=layout_crc32(),
    network_hash=bytes(range(32)),
    weights_crc32=0x12345678,
    clock_source=ClockSource.NONE,
    spiking_layers=2,
    observation_floats=18,
    rate_hz=100,
    clock_hz=0,
    cpu_id=0,
    state_bytes=336,
    flash_bytes=0,
    ram_bytes=0,
    stack_bytes=0,
)


class StandIn:
    """The controller of stand_in.c: sums that remember half of what they were."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.sums = np.zeros(4, np.float32)

    @np.errstate(over="ignore", invalid="ignore")
    def act(self, request):
        further = np.array((*request.setpoint_position_m, request.said), np.float32)
        sums = np.float32(0.5) * self.sums + np.array(request.quat_xyzw, np.float32) + further
        if not (np.abs(sums) <= np.float32(3.4e38)).all():
            raise Refusal(Status.NOT_FINITE)
        self.sums = sums
        spikes = (request.said & 0xFF, 7)
        return StepAnswer(tuple(sums.tolist()), 0, 10, request.said & 0xFFFF, spikes)

    def state(self):
        return self.sums.tobytes() + np.arange(80, dtype=np.float32).tobytes()


def step_request(k=0):
    """A request that is different for each k."""
    return StepRequest(
        position_m=(0.0, 0.1, 1.0),
        velocity_m_s=(0.0, 0.0, 0.0),
        quat_xyzw=(0.001 * k, 0.0, 0.0, 1.0),
        rates_rad_s=(0.0, -0.5, 0.0),
        setpoint_position_m=(0.0, 0.25, float(k)),
        setpoint_velocity_m_s=(0.0, 0.0, 0.0),
        setpoint_acceleration_m_s2=(0.0, 0.0, 0.0),
        said=k & 0xFFFF,
    )


@pytest.fixture(scope="session")
def peers(tmp_path_factory):
    """What answers (`device()` in Python, `program(...)` in C), the hello of both, and requests to ask with."""
    folder = tmp_path_factory.mktemp("peers")

    @cache
    def program(*flags, without=None):
        """The host program; `without=(file, line, instead)` has a line of the C replaced. Skips without a compiler."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("needs a C compiler")
        made = folder / f"host_peer_{len(list(folder.iterdir()))}"
        sources = folder / f"{made.name}_sources"
        shutil.copytree(PROTOCOL_IN_C, sources)
        if without is not None:
            file, line, instead = without
            text = (sources / file).read_text()
            assert text.count(line) == 1
            (sources / file).write_text(text.replace(line, instead))
        command = [compiler, *STRICT, *(flags or ("-O2",)), *(str(sources / name) for name in SOURCES), "-o", str(made)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if "sanitize" in " ".join(flags) and "cannot find" in run.stderr:
            pytest.skip("the compiler has no sanitizers")
        assert run.returncode == 0, run.stderr
        return str(made)

    def said_by_program(data, *flags, without=None):
        """All that the program answers to those bytes; it has to end well."""
        run = subprocess.run(
            [program(*flags, without=without)], input=data, capture_output=True, check=False, timeout=300
        )
        assert run.returncode == 0, run.stderr.decode()
        return run.stdout

    return SimpleNamespace(
        hello=HELLO,
        network=(HELLO.network_hash.hex(), HELLO.weights_crc32),
        device=lambda: Device(StandIn(), HELLO),
        step_request=step_request,
        program=program,
        said_by_program=said_by_program,
        sources=PROTOCOL_IN_C,
        strict=STRICT,
        sanitized=SANITIZED,
    )
