"""`hil run --engine` and `hil export --format c`: the same flight, whatever steps the network, or one clear line."""

import importlib.util
import shutil
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from hil.log import Log
from hil.virtual_crazyflie.process import VirtualProcess
from hil_controllers.export import host, kernel, library
from hil_controllers.network import Network

HAS_CFFI = importlib.util.find_spec("cffi") is not None
needs_c = pytest.mark.skipif(
    not (HAS_CFFI and shutil.which("cc")),
    reason="no cffi or no C compiler: pip install 'hil-bench[c]', apt install gcc",
)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def compiler_gone(monkeypatch):
    monkeypatch.setattr(library.shutil, "which", lambda name: None)
    library.compiler.cache_clear()
    yield
    library.compiler.cache_clear()


@pytest.fixture
def task(scenario_file):
    return scenario_file("vehicle: cf-l2f-original\nsensors: l2f-original\n", limit=2.0)


@needs_c
@pytest.mark.parametrize("controller", ["snn", "ann-history"])
def test_a_flight_leaves_the_same_bytes_whatever_steps_the_network(hil, task, networks_ship, controller):
    logs, neurons = [], []
    for engine in ("numpy", "c"):
        words = ("run", task, "-c", controller, "--engine", engine, "--no-report", "--json", "--out", engine)
        answer = hil(*words)
        assert answer.code == 0, answer.err
        folder = Path(answer.results[0]["run_dir"])
        logs.append(Log.open(folder))
        neurons.append((folder / "neurons.npz").read_bytes() if controller == "snn" else b"")
    assert logs[0] == logs[1]
    assert neurons[0] == neurons[1]


def flown_aboard(networks_ship, network, engine):
    """Truth of a take-off in lock-step every 20 ms, flown by the network on board of a virtual vehicle."""
    file = str(networks_ship / "cf21-identified" / f"{network}.safetensors")
    take_off = b"\x80" + struct.pack("<BBffBf", 7, 0, 0.5, 0.0, 1, 1.0)
    how = {"vehicle": "cf21-identified", "controller": file, "engine": engine, "lock_step": True, "seed": 3}
    with VirtualProcess(**how) as process, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", process.port))
        process.client.advance(20)
        udp.send(take_off)
        rows = []
        for ms in range(40, 1500, 20):
            process.client.advance(ms)
            rows += process.client.truth([ms])
    return rows


@needs_c
@pytest.mark.parametrize("network", ["snn", "ann"])
def test_a_virtual_vehicle_flies_alike_whatever_steps_the_network_on_board(
    networks_ship, tmp_path, monkeypatch, network
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    by_definition = flown_aboard(networks_ship, network, "numpy")
    compiled = tmp_path / "cache" / "hil" / "networks"
    assert not compiled.exists()
    by_its_c = flown_aboard(networks_ship, network, "c")
    assert any(compiled.iterdir())
    assert max(row.state.position[2] for row in by_definition) > 0.01
    assert by_its_c == by_definition


def test_an_engine_that_is_not_here_flies_no_virtual_vehicle(hil, networks_ship, compiler_gone):
    answer = hil("virtual", "--port", "0", "-c", "snn", "--engine", "c")
    assert answer.code == 3
    assert answer.err.startswith("hil: --engine c needs ")


@needs_c
def test_a_network_is_compiled_once(hil, task, networks_ship, tmp_path):
    words = ("run", task, "-c", "ann", "--engine", "c", "--no-report")
    stamps = []
    for _ in range(2):
        assert hil(*words).code == 0
        (kept,) = (tmp_path / "cache" / "hil" / "networks").iterdir()
        stamps.append((kept.name, kept.stat().st_mtime_ns))
    assert stamps[0] == stamps[1]


@pytest.mark.skipif(not HAS_CFFI, reason="no cffi: pip install 'hil-bench[c]'")
def test_without_a_compiler_it_is_unavailable_in_one_clear_line(hil, task, networks_ship, compiler_gone, tmp_path):
    answer = hil("run", task, "-c", "snn", "--engine", "c")
    assert answer.code == 3
    assert answer.err == (
        "hil: --engine c needs a C compiler: cc, gcc or clang\n  hint: apt-get install gcc libc6-dev\n"
    )
    assert not (tmp_path / "runs").exists()
    assert "C compiler" in hil("doctor").out


def test_without_cffi_it_is_unavailable_in_one_clear_line(hil, task, networks_ship, monkeypatch, tmp_path):
    found = importlib.util.find_spec
    monkeypatch.setattr("hil_controllers.export.host.find_spec", lambda name: None if name == "cffi" else found(name))
    answer = hil("run", task, "-c", "snn", "--engine", "c")
    assert answer.code == 3
    assert answer.err == "hil: --engine c needs the package cffi\n  hint: pip install 'hil-bench[c]'\n"
    assert not (tmp_path / "runs").exists()


@needs_c
def test_a_library_that_does_not_replay_flies_nothing(hil, task, networks_ship, monkeypatch, tmp_path):
    files = kernel.kernel_sources()
    true, wrong = "x[15 + k] = state->rates_rad_s[k];", "x[15 + k] = 57.3f * state->rates_rad_s[k];"
    assert true in files["hil_network.c"]
    files["hil_network.c"] = files["hil_network.c"].replace(true, wrong)
    monkeypatch.setattr("hil_controllers.export.folder.kernel_sources", lambda: files)
    monkeypatch.setattr("hil_controllers.export.host.proven", host.proven.__wrapped__)
    answer = hil("run", task, "-c", "snn", "--engine", "c", "--no-report")
    assert answer.code == 4
    assert "snn: the C library differs from the definition at golden step 0: observation" in answer.err
    assert "--engine numpy flies the definition" in answer.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "hover", "-c", "geometric", "--engine", "c"), "--engine says what steps a network, and none flies"),
        (("virtual", "-c", "geometric", "--engine", "c"), "--engine says what steps a network, and none flies"),
        (("run", "hover", "-t", "crazyflie", "--uri", "virtual", "--engine", "numpy"), "and none flies"),
        (
            ("run", "hover", "-t", "crazyflie", "--uri", "udp://127.0.0.1:1", "--onboard", "app", "--engine", "numpy"),
            "--engine numpy: what steps the network on board of udp://127.0.0.1:1 was decided",
        ),
        (("export", "snn", "--to", "csv"), "snn"),
        (("export", "net.safetensors", "--to", "tum"), "net.safetensors is a network; tum is a format of flights"),
        (("export", "runs", "--format", "c"), "runs is a folder; c is a format of networks"),
        (("export", "snn", "--to", "csv", "--vehicle", "cf21-identified"), "--vehicle and --force are for networks"),
        (("export", "snn", "--to", "c", "--which", "truth"), "--which is for tum, not for c"),
        (("export", "geometric", "--format", "c"), "no network 'geometric' for cf21-identified; there are: "),
        (("export", "nowhere.safetensors", "--format", "c"), "nowhere.safetensors: no such file"),
        (("export", "snn", "--format", "c", "--vehicle", "nothing"), "nothing"),
        (("export", "snn", "--format", "c", "--out", "runs"), "runs holds other files"),
        (("export", "runs", "--format", "crazyflie-app"), "runs is a folder; crazyflie-app is a format of networks"),
        (("export", "geometric", "--format", "crazyflie-app"), "no network 'geometric' for cf21-identified"),
        (("export", "snn", "--format", "crazyflie-app", "--out", "runs"), "runs holds other files"),
        (("export", "NETWORK", "--format", "crazyflie-app", "--vehicle", "cf-l2f-2"), "not for cf-l2f-2"),
    ],
)
def test_what_cannot_be_is_one_clear_line(hil, networks_ship, tmp_path, words, said):
    (tmp_path / "runs" / "old").mkdir(parents=True)
    file = networks_ship / "cf21-identified" / "ann.safetensors"
    answer = hil(*(file if word == "NETWORK" else word for word in words))
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".yaml"] == ["runs"]


def test_a_network_is_exported_by_name_for_a_vehicle(hil, networks_ship):
    answer = hil("export", "ann", "--format", "c", "--vehicle", "cf-l2f-original")
    assert (answer.code, answer.out) == (0, "ann-c\n")
    network = Network.load(networks_ship / "cf-l2f-original" / "ann.safetensors")
    assert network.hash in Path("ann-c/hil_network_contract.h").read_text()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: apt install gcc")
def test_a_network_file_is_exported_as_c_that_compiles(hil, networks_ship):
    answer = hil("export", networks_ship / "cf21-identified" / "snn.safetensors", "--format", "c", "--out", "mine")
    assert (answer.code, answer.out) == (0, "mine\n")
    for unit in Path("mine").glob("*.c"):
        subprocess.run(["cc", "-std=c11", "-ffp-contract=off", "-Werror", "-c", unit, "-o", "unit.o"], check=True)


def test_a_network_is_exported_as_an_app_for_its_own_vehicle(hil, networks_ship):
    file = networks_ship / "cf-l2f-original" / "ann.safetensors"
    answer = hil("export", file, "--format", "crazyflie-app")
    assert (answer.code, answer.out) == (0, "ann-crazyflie-app\n")
    assert "cf-l2f-original" in Path("ann-crazyflie-app/src/hil_app_vehicle.h").read_text()
    assert "CONFIG_CONTROLLER_OOT=y" in Path("ann-crazyflie-app/app-config").read_text()


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize("words", [(), ("FIRMWARE=/nowhere",)])
def test_make_firmware_check_without_a_firmware_is_one_clear_line(words):
    root = Path(__file__).parents[2]
    done = subprocess.run(["make", "firmware-check", *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no crazyflie-firmware tree (no tools/make/oot.mk)" in done.stderr.splitlines()[0]
