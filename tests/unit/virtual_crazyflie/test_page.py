"""`docs/virtual-crazyflie.md` says what is live; these say whether that is so."""

import re
from pathlib import Path

from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.firmware import VirtualCrazyflie
from hil_sim.vehicle_files import load_vehicle

PAGE = (Path(__file__).parents[3] / "docs" / "virtual-crazyflie.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+` ?)+)\|$", re.MULTILINE)


def test_the_page_lists_the_log_variables_that_are_live() -> None:
    listed = {f"{row[1]}.{name}" for row in ROW.finditer(PAGE) for name in re.findall(r"`(\w+)`", row[2])}
    live = VirtualCrazyflie(Body(load_vehicle("cf21-identified"))).flight.log_values
    assert listed == {*live, "memTst.errCntW"}
