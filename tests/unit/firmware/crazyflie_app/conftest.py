"""The exported app, compiled for this machine and called as the firmware's stabilizer calls it."""

import subprocess
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hil_controllers.export.app import app_sources
from hil_controllers.export.folder import write_files
from hil_controllers.network.golden import Flown
from hil_controllers.network.reference import command
from hil_sim.battery import steady_motors, supply_of
from hil_sim.vehicle_files import load_vehicle

HEADERS = Path(__file__).parent / "firmware_headers"
FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-O1")
THRUST_MAX = 0.12  # N, platform_defaults.h
EVERYWHERE = {"tiltMax": 180.0, "distMax": 1e6}  # golden vectors sweep wider than the guard lets a vehicle fly

_OFF, _ABS, _VEL = 0, 1, 2
MODES = {  # x y z roll pitch yaw quat
    "position": (_ABS, _ABS, _ABS, _OFF, _OFF, _ABS, _OFF),  # of the high-level commander, too
    "full state": (_ABS, _ABS, _ABS, _OFF, _OFF, _OFF, _ABS),
    "nothing": (_OFF,) * 7,
    "hover": (_VEL, _VEL, _ABS, _OFF, _OFF, _VEL, _OFF),
    "velocity": (_VEL, _VEL, _VEL, _OFF, _OFF, _VEL, _OFF),
    "level out": (_OFF, _OFF, _ABS, _ABS, _ABS, _OFF, _OFF),
    "attitude": (_OFF, _OFF, _OFF, _ABS, _ABS, _VEL, _OFF),
    "yaw rate": (_ABS, _ABS, _ABS, _OFF, _OFF, _VEL, _OFF),
    "yaw rate and a quaternion": (_ABS, _ABS, _ABS, _OFF, _OFF, _VEL, _ABS),
    "no yaw": (_ABS, _ABS, _ABS, _OFF, _OFF, _OFF, _OFF),
}
WHO = ("unproven", "network", "pid", "not finite", "diverged", "tilted", "astray")  # hilnet.who
LOG_KINDS = {1: "uint8_t *", 2: "uint16_t *", 3: "uint32_t *", 7: "float *"}
PARAM_KINDS = {0x06: "float *", 0x4A: "uint32_t *"}


def sources_of(network):
    """The app of a network whose vehicle ships."""
    return app_sources(network, load_vehicle(network.contract.vehicle.name))


def compiled(files, folder, *, compiler="cc", flags=FLAGS):
    """The library of an app and the firmware's double."""
    write_files(files, folder)
    units = [*sorted(folder.glob("src/*.c")), HEADERS / "firmware_double.c"]
    library = folder / "app.so"
    line = [compiler, *flags, f"-I{HEADERS}", "-shared", "-fPIC", "-o", library, *units, "-lm"]
    subprocess.run([*map(str, line)], check=True, timeout=300, capture_output=True)
    return library


class App:
    """A Crazyflie with the app, flat at the origin and wanted there, until told otherwise.

    Its controller was chosen and tested at boot. Each is loaded from a copy, and so has its own memory.
    """

    _numbers = count()

    def __init__(self, library, *, boot=True):
        from cffi import FFI

        own = library.with_name(f"app_{next(self._numbers)}.so")
        own.write_bytes(library.read_bytes())
        self._ffi = FFI()
        self._ffi.cdef((HEADERS / "firmware_double.h").read_text())
        self._ffi.cdef("""
            struct log_s { uint8_t type; char *name; void *address; };
            struct param_s { uint8_t type, extended_type; char *name; void *address, *callback, *getter; };
            extern struct log_s logs_hilnet[];
            extern struct param_s params_hilnet[];
        """)
        self.c = self._ffi.dlopen(str(own))
        self.given = self._ffi.new("firmware_given *")
        self.control = self._ffi.new("firmware_control *")
        self.tell(quat_xyzw=[0, 0, 0, 1], wanted_quat_xyzw=[0, 0, 0, 1], fly="position")
        if boot:
            self.c.controllerOutOfTreeInit()
            self.c.controllerOutOfTreeTest()

    def everywhere(self):
        """The same app, its guard as good as switched off."""
        for name, value in EVERYWHERE.items():
            self.param(name, value)
        return self

    def tell(self, state=None, setpoint=None, *, fly=None, **fields):
        """Say a state (13,) and a set-point (11,), the rates in degrees, a kind of set-point, and any field."""
        given = self.given
        if state is not None:
            given.position, given.velocity = list(state[:3]), list(state[3:6])
            given.quat_xyzw, given.gyro_deg_s = list(state[6:10]), list(np.degrees(state[10:]))
        if setpoint is not None:
            values = list(np.nan_to_num(setpoint[:9]))
            given.wanted_position, given.wanted_velocity, given.wanted_acceleration = (
                values[:3],
                values[3:6],
                values[6:],
            )
        if fly is not None:
            given.modes = MODES[fly]
        for name, value in fields.items():
            setattr(given, name, value)

    def tick(self, times=1):
        """So many milliseconds of the stabilizer's loop; who flies."""
        for _ in range(times):
            self.c.stabilizer_loop(self.given, self.control)
            self.given.step += 1
        return WHO[self.log("who")]

    @property
    def mode(self):
        return {0: "legacy", 2: "force"}[self.control.mode]

    @property
    def forces(self):
        """Normalised forces that the power distribution is given."""
        return list(self.control.forces)

    @property
    def motors(self):
        """Motor commands of the last step, as logged."""
        return [self.log(f"m{k}") for k in (1, 2, 3, 4)]

    @property
    def console(self):
        return self._ffi.string(self.c.console_said).decode()

    def log(self, name):
        return self._pointer(self.c.logs_hilnet, name, LOG_KINDS)[0]

    def param(self, name, value=None):
        """Value of a parameter, after it has been set."""
        pointer = self._pointer(self.c.params_hilnet, name, PARAM_KINDS)
        if value is not None:
            pointer[0] = value
        return pointer[0]

    def names(self, table):
        """Names and types of a group: its own first, then those of its variables."""
        rows = [(self._ffi.string(table[0].name).decode(), table[0].type)]
        while table[len(rows)].type != 0x80:  # its end
            row = table[len(rows)]
            rows.append((self._ffi.string(row.name).decode(), row.type))
        return rows

    def _pointer(self, table, name, kinds):
        at = [row[0] for row in self.names(table)].index(name)
        return self._ffi.cast(kinds[table[at].type], table[at].address)


class Definition:
    """The network in numpy, told what the app should tell its own: rates that went through degrees in float32."""

    def __init__(self, network):
        self._flown = Flown(network.layers, network.readout, network.contract)

    def motors(self, state, setpoint):
        """Motor commands (4,) of the next step."""
        degrees = np.degrees(state[10:]).astype(np.float32)
        state = np.concatenate((state[:10], np.float32(np.pi / 180.0) * degrees))
        return command(self._flown.given(state, setpoint).output).tolist()


def forces_of(vehicle, motors):
    """Normalised forces of motor commands by the plant of training at t = 0."""
    settled = steady_motors(tuple(map(float, motors)), 0.0, supply_of(vehicle))
    return np.clip([vehicle.thrust(m) / THRUST_MAX for m in settled], 0.0, 1.0).tolist()


@pytest.fixture(scope="session")
def crazyflie():
    return SimpleNamespace(
        App=App,
        Definition=Definition,
        sources_of=sources_of,
        compiled=compiled,
        forces_of=forces_of,
        HEADERS=HEADERS,
        FLAGS=FLAGS,
        THRUST_MAX=THRUST_MAX,
        MODES=MODES,
    )


@pytest.fixture(scope="session")
def library_of(of_kind, tmp_path_factory):
    """`library_of(kind)`: the app of a network, compiled once."""
    return cache(lambda kind: compiled(sources_of(of_kind(kind)), tmp_path_factory.mktemp("app")))


@pytest.fixture
def app_of(library_of, needs_cffi):
    """`app_of(kind)`: that app, which flies everywhere."""
    return lambda kind: App(library_of(kind)).everywhere()
