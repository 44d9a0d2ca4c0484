"""The fault matrix: phase × fault, what must come of it, and within which time.

Bounds are sums of what the parts promise, with the time between two looks added:

    keep-alive        sent every 0.25 s from take-off to landing; 1 s after the last the vehicle stops its motors
    silence           noticed when the newest row is 0.5 s old; then the supervisor is asked, for 0.3 s at most
    one look          0.02 s between two looks of the flight loop at what came
    landing           2 s from 0.4 m, and then the motors stop
    flies on          what is left of a task of 3 s, 1 s held at its end, the landing
"""

import struct

from .row import KILLED, End, Row

_MANUAL = {"arming": "manual"}
_EMERGENCY_STOP = b"\x9d\x03"
_DISARMS_AT_ONCE = b"\x2f\x00supervisor\0prefltTimeout\0\x09" + struct.pack("<H", 60)  # ms
_KEEP_ALIVE = "keep-alive: 1 s after the last one"
_KILL, _CTRL_C = "SIGKILL", "SIGINT"

PREFLIGHT = (
    Row("preflight", "kill -9", End.NEVER_TURNED, KILLED, 0.0, "it stands there", "",
        events=(("preflight", 0.5, _KILL),), in_ci=True),
    Row("preflight", "Ctrl-C", End.NEVER_TURNED, 4, 0.0, "it stands there", "interrupted by the operator",
        events=(("preflight", 0.5, _CTRL_C),)),
    Row("preflight", "link loses 20 %", End.NEVER_TURNED, 4, 0.0, "refused", "the link loses",
        faults=("link_loss:share=0.2,in_phase=preflight",)),
    Row("preflight", "link refused", End.NEVER_TURNED, 3, 0.0, "refused", "onnection refused",
        faults=("link_refused:in_phase=preflight,at_s=0.5",)),
    Row("preflight", "battery empty", End.NEVER_TURNED, 4, 0.0, "refused", "charge it",
        faults=("battery:volts=3.5,in_phase=preflight",)),
    Row("preflight", "wrong controller id", End.NEVER_TURNED, 4, 0.0, "refused", "no controller mellinger",
        words=("--onboard", "mellinger"), in_ci=True),
    Row("preflight", "missing log variable", End.NEVER_TURNED, 3, 0.0, "refused", "motor.m3",
        vehicle={"lacks": ("motor.m3",)}, in_ci=True),
    Row("preflight", "log overrun", End.NEVER_TURNED, 3, 0.0, "refused", "0 packets came",
        faults=("log_overrun:in_phase=preflight",)),
    Row("preflight", "locked by an emergency stop before", End.NEVER_TURNED, 4, 0.0, "refused", "is locked",
        before=(_EMERGENCY_STOP,)),
)  # fmt: skip

ARM = (
    Row("arm", "kill -9", End.DISARMED, KILLED, 31.1, "disarms 30 s after it is ready, which takes 1 s", "",
        events=(("arm", 0.5, _KILL),), vehicle=_MANUAL),
    Row("arm", "answer lost", End.DISARMED, 4, 4.0, "1 s for the answer, 1 s to disarm; rows do not come either",
        "arming was not answered", faults=("link_blackout:direction=down,in_phase=arm",), vehicle=_MANUAL),
    Row("arm", "reset", End.DISARMED, 4, 4.0, "2.5 s to be ready, then disarmed", "not ready to fly",
        faults=("reset:in_phase=arm,at_s=0.3",), vehicle=_MANUAL),
    Row("arm", "disarms itself before take-off", End.DISARMED, 4, 1.0, "already", "take-off refused",
        before=(_DISARMS_AT_ONCE,), vehicle=_MANUAL, in_ci=True),
)  # fmt: skip

TAKE_OFF = (
    Row("take-off", "kill -9", End.STOPPED, KILLED, 1.01, _KEEP_ALIVE, "preflight: passed",
        events=(("take-off", 1.2, _KILL),), in_ci=True),
    Row("take-off", "black-out of 0.3 s", End.LANDED, 0, 14.1, "flies on: 8 s to the task", "task: flown to its end",
        faults=("link_blackout:in_phase=take-off,at_s=0.5,for_s=0.3",)),
    Row("take-off", "black-out for good", End.STOPPED, 4, 1.01, _KEEP_ALIVE, "nothing heard for 0.5",
        faults=("link_blackout:in_phase=take-off,at_s=1.0",)),
    Row("take-off", "Ctrl-C", End.LANDED, 4, 2.1, "one look, landing", "Ctrl-C",
        events=(("take-off", 1.5, _CTRL_C),)),
    Row("take-off", "a motor fails", End.LANDED, 4, 4.7, "take-off's rest, 1.5 s to catch up, landing",
        "did not leave the floor",
        faults=("motor_efficiency:motor=2,factor=0,in_phase=take-off,at_s=1.0",), in_ci=True),
)  # fmt: skip

ON_ITS_WAY = (
    Row("go-to-start", "kill -9", End.STOPPED, KILLED, 1.01, _KEEP_ALIVE, "take-off: ",
        events=(("go-to-start", 1.0, _KILL),)),
    Row("settle", "kill -9", End.STOPPED, KILLED, 1.01, _KEEP_ALIVE, "go-to-start: ",
        events=(("settle", 1.0, _KILL),)),
)  # fmt: skip

TASK = (
    Row("task", "kill -9, set-points streamed", End.STOPPED, KILLED, 1.01, _KEEP_ALIVE, "settle: ",
        events=(("task", 1.0, _KILL),), in_ci=True),
    Row("task", "kill -9, set-points on board", End.STOPPED, KILLED, 1.01, _KEEP_ALIVE, "settle: ",
        events=(("task", 1.0, _KILL),), words=("--setpoints", "onboard")),
    Row("task", "Ctrl-C", End.LANDED, 4, 2.1, "one look, landing", "Ctrl-C",
        events=(("task", 1.0, _CTRL_C),), in_ci=True),
    Row("task", "Ctrl-C twice", End.STOPPED, 4, 0.03, "at once, past the flight loop", "Ctrl-C, twice",
        events=(("task", 1.0, _CTRL_C), ("task", 1.5, _CTRL_C)), in_ci=True),
    Row("task", "hil stop", End.STOPPED, 4, 0.03, "at once, past the flight loop", "hil stop",
        events=(("task", 1.0, "hil stop"),), in_ci=True),
    Row("task", "hil stop --land", End.LANDED, 4, 2.1, "one look, landing", "hil stop --land",
        events=(("task", 1.0, "hil stop --land"),)),
    Row("task", "link loses 1 %", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("link_loss:share=0.01",)),
    Row("task", "link loses 5 %", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("link_loss:share=0.05",)),
    Row("task", "link loses 20 %", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("link_loss:share=0.2",)),
    Row("task", "packets come twice", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("link_duplication:share=0.3",)),
    Row("task", "packets late and out of order", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("link_delay:added_s=0.02,jitter_s=0.03",), in_ci=True),
    Row("task", "black-out of 0.3 s", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("link_blackout:at_s=1,for_s=0.3",)),
    Row("task", "black-out for good", End.STOPPED, 4, 1.01, _KEEP_ALIVE, "nothing heard for 0.5",
        faults=("link_blackout:at_s=1",), in_ci=True),
    Row("task", "black-out from the vehicle", End.LANDED_AND_LOCKED, 4, 3.0, "silence, no word, landing",
        "nothing heard for 0.5", faults=("link_blackout:at_s=1,direction=down",), in_ci=True),
    Row("task", "black-out to the vehicle", End.STOPPED, 4, 1.01, _KEEP_ALIVE, "locked itself",
        faults=("link_blackout:at_s=1,direction=up",)),
    Row("task", "link refused", End.STOPPED, 4, 1.01, _KEEP_ALIVE, "the link broke",
        faults=("link_refused:at_s=1",)),
    Row("task", "reset", End.LANDED, 4, 2.6, "boots at once, arms itself, obeys on: silence, landing",
        "nothing heard for 0.5", faults=("reset:at_s=1",)),
    Row("task", "reset, armed on request only", End.STOPPED, 4, 0.01, "nothing arms it again", "it restarted",
        faults=("reset:at_s=1",), vehicle=_MANUAL, in_ci=True),
    Row("task", "battery low", End.LANDED, 4, 3.2, "mean over a second, one look, landing", "battery at 3.",
        faults=("battery:volts=3.75,at_s=0.5",), in_ci=True),
    Row("task", "battery critical", End.DOWN, 4, 3.2, "mean over a second, one look, sinks faster than it lands",
        "battery at ", faults=("battery:volts=3.4,at_s=0.5",)),
    Row("task", "a motor weakened by 5 %", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("motor_efficiency:motor=1,factor=0.95,at_s=0.5",)),
    Row("task", "a motor fails", End.DOWN, 4, 1.5, "turns over: stopped at 60° or on the ground", "",
        faults=("motor_efficiency:motor=1,factor=0,at_s=0.5",)),
    Row("task", "gyro reads wrong", End.LANDED, 0, 6.2, "flies on", "task: flown to its end",
        faults=("gyro_bias:bias_rad_s=[0.02,0.02,0],at_s=0.5",)),
    Row("task", "position no longer seen", End.LANDED, 0, 6.2, "flies on, drifting",
        "knows its position to 0.10 m only", faults=("pose_dropout:at_s=0.5",), near_m=0.6),
    Row("task", "tumbles", End.STOPPED, 4, 1.0, "stopped at 60° of tilt", "tilted",
        faults=("tumble:at_s=0.5",)),
    Row("task", "log overrun", End.LANDED, 4, 3.0, "silence, landing", "nothing heard for 0.5",
        faults=("log_overrun:at_s=1",), in_ci=True),
)  # fmt: skip

LAND = (
    Row("land", "kill -9", End.STOPPED, KILLED, 1.01, _KEEP_ALIVE, "task: flown to its end",
        events=(("land", 0.5, _KILL),), in_ci=True),
    Row("land", "black-out of 0.3 s", End.LANDED, 0, 2.0, "lands on", "land: on the floor",
        faults=("link_blackout:in_phase=land,at_s=0.5,for_s=0.3",)),
    Row("land", "black-out for good", End.STOPPED, 4, 1.01, _KEEP_ALIVE, "nothing heard for 0.5",
        faults=("link_blackout:in_phase=land,at_s=0.5",)),
    Row("land", "Ctrl-C", End.LANDED, 4, 2.0, "lands on", "Ctrl-C", events=(("land", 0.5, _CTRL_C),)),
    Row("land", "link refused", End.STOPPED, 4, 1.01, _KEEP_ALIVE, "the link broke",
        faults=("link_refused:in_phase=land,at_s=0.5",)),
)  # fmt: skip

ROWS = (*PREFLIGHT, *ARM, *TAKE_OFF, *ON_ITS_WAY, *TASK, *LAND)
