"""A number taken from flights: how sure it is, and what was believed before."""

from dataclasses import dataclass

DETERMINED = 0.3  # a standard uncertainty above this share of the value says that the flights do not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One quantity. `value` is None where the flights do not determine it: then the base vehicle's is kept."""

    key: str
    label: str
    unit: str
    value: float | None
    std: float | None  # standard uncertainty; None where there is no estimate, or no spread to take it from
    base: float | None
    remark: str = ""

    @property
    def used(self) -> float | None:
        """What goes into the vehicle file."""
        return self.base if self.value is None else self.value


def judged(
    *,
    key: str,
    label: str,
    unit: str,
    value: float,
    std: float,
    base: float | None,
    remark: str = "",
    at_most: float = DETERMINED,
) -> Estimate:
    """An estimate of a positive quantity, or "not determined" where it is no better known than to `at_most`."""
    if value > 0 and std <= at_most * value:
        return Estimate(key=key, label=label, unit=unit, value=value, std=std, base=base, remark=remark)
    found = f"{value:.3g} ± {std:.2g}" if value == value and std == std else "no signal"
    return undetermined(key, label, unit, base, found)


def undetermined(key: str, label: str, unit: str, base: float | None, why: str) -> Estimate:
    """A quantity that these flights do not tell, and why."""
    return Estimate(
        key=key, label=label, unit=unit, value=None, std=None, base=base, remark=f"not determined ({why}): kept"
    )
