"""Shortening what is too large."""

import math


def clip(value: float, limit: float) -> float:
    """The value within ±limit."""
    return min(limit, max(-limit, value))


def within(x: float, y: float, radius: float) -> tuple[float, float]:
    """(x, y), shortened to `radius` where longer."""
    size = math.hypot(x, y)
    return (x, y) if size <= radius else (x * radius / size, y * radius / size)
