"""What a Crazyflie says of itself: the bits of its log variable `supervisor.info`."""

from enum import IntFlag


class Info(IntFlag):
    """Bits of `supervisor.info`, as crazyflie-firmware 2026.08 has them."""

    CAN_BE_ARMED = 1 << 0
    ARMED = 1 << 1
    AUTO_ARM = 1 << 2  # arms itself, so that it never has to be told
    CAN_FLY = 1 << 3
    FLYING = 1 << 4
    TUMBLED = 1 << 5
    LOCKED = 1 << 6  # until it is rebooted
    CRASHED = 1 << 7
    HIGH_LEVEL_ACTIVE = 1 << 8
    HIGH_LEVEL_FINISHED = 1 << 9
    HIGH_LEVEL_DISABLED = 1 << 10
    DECK_FAULT = 1 << 11
