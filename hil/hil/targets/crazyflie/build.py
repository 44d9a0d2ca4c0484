"""`--target crazyflie`, put together from an order, without touching any hardware."""

from dataclasses import replace

from hil.core.errors import BadInput
from hil.core.types import ZERO3, Event, Vec3
from hil.flight_plan import FlightPlan, plan_flight
from hil.limits import NO_LIMITS, on_vehicle
from hil.scenario.model import Scenario
from hil.targets.crazyflie.address import VIRTUAL, Address, find
from hil.targets.crazyflie.approach_plan import ON_THE_GROUND_M
from hil.targets.crazyflie.onboard_slots import ONBOARD
from hil.targets.crazyflie.polynomials import ERROR_MAX_M, PIECES_MAX, fit
from hil.targets.crazyflie.rig import RealRig, Rig, VirtualRig, running_virtual
from hil.targets.crazyflie.streaming import Setpoints, Streamed, Uploaded
from hil.targets.crazyflie.target import CrazyflieTarget
from hil.targets.order import Order, Prepared
from hil.virtual_crazyflie.process import VirtualProcess

_REST_M_S, _LEVEL_RAD = 0.01, 0.01


def build(order: Order) -> Prepared:
    """The vehicle that the order means, and the plan of its flight, within the limits of scenario and site.

    Raises BadInput, TargetUnavailable where no vehicle is meant.
    """
    hardware = order.hardware
    address = find(hardware)
    device = address.device
    limits = on_vehicle(order.scenario.safety, device.limits if device else NO_LIMITS)
    scenario = order.scenario.model_copy(update={"safety": limits})
    plan = plan_flight(scenario, order.repeat)
    setpoints = _setpoints(order, plan)
    rig = _rig(order, address, plan)
    simulated = isinstance(rig, VirtualRig)
    if scenario.faults and not simulated:
        raise scenario.error("faults", "a real vehicle does not break on command", hint="--uri virtual")
    target = CrazyflieTarget(
        rig,
        replace(plan, events=(*plan.events, *_told_of(plan, simulated=simulated))),
        onboard=hardware.onboard,
        setpoints=setpoints,
        decks=device.decks if device else (),
        positioning=device.positioning if device else "virtual" if simulated else "unknown",
        vehicle="" if simulated else _called(address),
        confirmed=simulated or hardware.confirmed,
    )
    return Prepared(target, target.plan, simulated=simulated, pace=target)


def _rig(order: Order, address: Address, plan: FlightPlan) -> Rig:
    app = order.controller if order.hardware.onboard == "app" else None
    if address.uri == VIRTUAL:
        if order.hardware.onboard == "app" and app is None:
            raise BadInput("--onboard app: a virtual vehicle needs the network to fly", hint="--controller snn")
        process = VirtualProcess(
            vehicle=plan.scenario.vehicle,
            controller=app or "pid-firmware",
            engine=(order.engine if app else None) or "auto",
            lock_step=not order.hardware.real_time,
            seed=plan.seed,
            start=_parked(plan),
        )
        return VirtualRig(process=process, client=None, lock_step=not order.hardware.real_time)
    if order.engine and order.hardware.onboard == "app":
        raise BadInput(
            f"--engine {order.engine}: what steps the network on board of {address.uri} was decided when that was made",
            hint="leave it out; for a virtual vehicle: hil virtual --engine, or --uri virtual",
        )
    port = address.local_port
    running = running_virtual(port) if port is not None else None
    return running or RealRig(address.uri)


def _called(address: Address) -> str:
    return f"{address.name} ({address.device.platform})" if address.device else "Crazyflie"


def _parked(plan: FlightPlan) -> Vec3:
    """Where a virtual vehicle stands: at the origin, or where the task begins if that is on the floor."""
    x, y, z = plan.start.state.position
    return (x, y, 0.0) if z <= ON_THE_GROUND_M else ZERO3


def _setpoints(order: Order, plan: FlightPlan) -> Setpoints:
    onboard = ONBOARD[order.hardware.onboard]
    if order.hardware.setpoints == "stream":
        return Streamed(onboard)
    fitted = fit(plan.reference, plan.duration_s)
    if fitted.error_m > ERROR_MAX_M:
        raise BadInput(
            f"{plan.scenario.name}: {len(fitted.durations_s)} polynomials, of the {PIECES_MAX} there is room for, are "
            f"{100 * fitted.error_m:.1f} cm from the task; {100 * ERROR_MAX_M:g} cm allowed",
            hint="--setpoints stream",
        )
    return Uploaded(fitted)


def _told_of(plan: FlightPlan, *, simulated: bool) -> list[Event]:
    """What the log is to say of conditions that this flight cannot meet."""
    found = []
    velocity, rates = plan.start.state.velocity, plan.start.state.rates
    if max(map(abs, velocity)) > _REST_M_S or max(map(abs, rates)) > _LEVEL_RAD:
        found.append("the task begins at rest: a vehicle is not thrown into its start")
    if plan.scenario.battery_hover_v is not None:
        found.append("battery_hover_v has no effect: the battery is as it is")
    if not simulated:
        found += [f"{key} have no effect: the air is as it is" for key in _given(plan.scenario)]
    return [Event(plan.ticks[0] / plan.rate_hz, "warning", text) for text in found]


def _given(scenario: Scenario) -> list[str]:
    randomised = any(scenario.randomise.model_dump().values())
    return [*(["disturbances"] if scenario.disturbances else []), *(["changes of `randomise`"] if randomised else [])]
