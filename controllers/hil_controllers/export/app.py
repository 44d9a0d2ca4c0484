"""A network as an out-of-tree controller app for stock crazyflie-firmware.

The app's own C (`controllers/firmware/crazyflie_app`) is copied, the kernel and the network's tables are put beside it,
and one header says what only the vehicle of training knows: which force a motor command was.
"""

from pathlib import Path

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil_controllers.export.folder import export_files, sources
from hil_controllers.export.kernel import firmware_dir
from hil_controllers.export.literals import number, remark
from hil_controllers.network.model import Network

VEHICLE = "src/hil_app_vehicle.h"
_LOOP_HZ = 1000  # of the firmware's stabilizer task


def app_sources(network: Network, vehicle: Vehicle) -> dict[str, str]:
    """All files by path inside the app. `vehicle` is that of the network's contract.

    Raises BadInput for another vehicle, for a rate that does not divide the firmware's, and as `sources` does.
    """
    refusal = network.contract.refusal(vehicle)
    if refusal:
        raise BadInput(f"{network.name}: {refusal}", hint="which force a motor command is, only its vehicle says")
    if _LOOP_HZ % network.contract.rate_hz:
        raise BadInput(
            f"{network.name}: {network.contract.rate_hz} Hz does not divide the firmware's {_LOOP_HZ} Hz",
            hint="train at 1000, 500, 250, 200, 125, 100 or 50 Hz",
        )
    files = {f"src/{name}": text for name, text in sources(network).items()}
    return {**_own_sources(), **files, VEHICLE: _vehicle_header(network, vehicle)}


def export_app(network: Network, vehicle: Vehicle, out: Path) -> tuple[Path, ...]:
    """Write them into the folder `out`, as `export_c` does; their paths. Raises BadInput."""
    return export_files(app_sources(network, vehicle), out, mark=VEHICLE)


def thrust_map(vehicle: Vehicle) -> tuple[float, float]:
    """Scale and sag of a motor's state: m = u (scale − sag ū), ū the mean command, with the battery full.

    Of the plant's V = V_hover + sag_v (u_hover − ū) − drain t and m = u V / V_ref at t = 0; 1 and 0 without a battery.
    """
    battery = vehicle.battery
    if battery is None:
        return 1.0, 0.0
    rest_v = battery.hover_v + battery.sag_v * vehicle.hover_command
    return rest_v / battery.reference_v, battery.sag_v / battery.reference_v


def _own_sources() -> dict[str, str]:
    folder = firmware_dir() / "crazyflie_app"
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _vehicle_header(network: Network, vehicle: Vehicle) -> str:
    scale, sag = thrust_map(vehicle)
    c0, c1, c2 = vehicle.thrust_n
    rows = {
        "HASH32": f"0x{network.hash[:8]}u /* of the network: its hash begins so */",
        "SCALE": f"{number(scale)} /* motor state at full command and no load, full battery */",
        "SAG": f"{number(sag)} /* drop of it per unit of mean command */",
        "THRUST_C0_N": number(c0),
        "THRUST_C1_N": number(c1),
        "THRUST_C2_N": number(c2),
    }
    defines = "".join(f"#define HIL_APP_{name} {value}\n" for name, value in rows.items())
    return (
        f"/* {remark(network.name)}: which force a motor command was in training. Written by hil export.\n *\n"
        f" * vehicle   {remark(vehicle.name)} {network.contract.vehicle.hash[:16]}\n"
        f" * hovers at command {vehicle.hover_command:.3f}: {vehicle.thrust(vehicle.hover_motor):.4f} N each;"
        f" all four at 1 give {vehicle.thrust(vehicle.full_motor()):.4f} N each\n */\n"
        f"#ifndef HIL_APP_VEHICLE_H\n#define HIL_APP_VEHICLE_H\n\n{defines}\n#endif\n"
    )
