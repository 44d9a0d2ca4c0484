"""Reverse-mode differentiation of straight-line functions: run once on recorded scalars, written out as source.

A function of tuples of scalars is run on `Traced` ones, which note every operation. From the note follows the source of
its vector-Jacobian product: the operations again, then their adjoints in reverse (Griewank and Walther, "Evaluating
Derivatives", 2nd ed., SIAM 2008, chapter 3). Only what depends on an active argument gets an adjoint.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Argument(NamedTuple):
    """One tuple of scalars that a function takes; `active`: its gradient is wanted."""

    name: str
    size: int
    active: bool = True


class Traced:
    """A scalar whose operations are noted."""

    __slots__ = ("name", "tape")

    def __init__(self, tape: "Tape", name: str) -> None:
        self.tape, self.name = tape, name

    def __add__(self, other: Any) -> "Traced":
        return self.tape.noted("+", self, other)

    def __radd__(self, other: Any) -> "Traced":
        return self.tape.noted("+", other, self)

    def __sub__(self, other: Any) -> "Traced":
        return self.tape.noted("-", self, other)

    def __rsub__(self, other: Any) -> "Traced":
        return self.tape.noted("-", other, self)

    def __mul__(self, other: Any) -> "Traced":
        return self.tape.noted("*", self, other)

    def __rmul__(self, other: Any) -> "Traced":
        return self.tape.noted("*", other, self)

    def __truediv__(self, other: Any) -> "Traced":
        return self.tape.noted("/", self, other)

    def __rtruediv__(self, other: Any) -> "Traced":
        return self.tape.noted("/", other, self)

    def __neg__(self) -> "Traced":
        return self.tape.noted("-", 0.0, self)

    def __abs__(self) -> "Traced":
        return self.tape.noted("abs", self)


def sqrt(value: Traced) -> Traced:
    """Square root, noted."""
    return value.tape.noted("sqrt", value)


def clip(value: Traced, low: float, high: float) -> Traced:
    """The value within [low, high], noted; its gradient is zero outside."""
    return value.tape.noted("clip", value, low, high)


class Tape:
    """What was done, in order: (result, operation, operands), each the name of a scalar or of a number."""

    def __init__(self, active: set[str]) -> None:
        self.notes: list[tuple[str, str, tuple[str, ...]]] = []
        self.active = active
        self.numbers: dict[float, str] = {}

    def noted(self, operation: str, *operands: Any) -> Traced:
        """Result of an operation on traced scalars and numbers."""
        names = tuple(self.named(operand) for operand in operands)
        result = f"v{len(self.notes)}"
        if not self.active.isdisjoint(names):
            self.active.add(result)
        self.notes.append((result, operation, names))
        return Traced(self, result)

    def named(self, operand: Any) -> str:
        """Name of an operand; a number gets one, so that a compiler can give it its own precision."""
        if isinstance(operand, Traced):
            return operand.name
        return self.numbers.setdefault(float(operand), f"number{len(self.numbers)}")


class Source(NamedTuple):
    """Two functions as text, and the numbers they use by name."""

    forward: str  # name(arguments…) -> results
    vjp: str  # name_vjp(arguments…, bar) -> one tuple of gradients per active argument
    numbers: dict[str, float]


def sources(name: str, function: Callable[..., Sequence[Any]], arguments: Sequence[Argument]) -> Source:
    """`function` of tuples of scalars, and its vector-Jacobian product, as straight-line source.

    Results that are no traced scalars are refused with TypeError.
    """
    scalars = {argument.name: [f"{argument.name}{k}" for k in range(argument.size)] for argument in arguments}
    tape = Tape({one for argument in arguments if argument.active for one in scalars[argument.name]})
    results = function(*(tuple(Traced(tape, one) for one in scalars[argument.name]) for argument in arguments))
    if not all(isinstance(result, Traced) for result in results):
        raise TypeError(f"{name}: a result does not depend on an argument")
    ends = [result.name for result in results]
    unpacked = [f"{_listed(scalars[a.name])} = {a.name}" for a in arguments]
    given = ", ".join(argument.name for argument in arguments)
    work = [f"{result} = {_expression(operation, names)}" for result, operation, names in tape.notes]
    gradients, adjoints = _adjoints(tape, ends)
    returned = ", ".join(
        f"({_listed([gradients.get(one, 'zero') for one in scalars[argument.name]])})"
        for argument in arguments
        if argument.active
    )
    forward = _function(name, given, [*unpacked, *_used(work, tape, ends)], f"({_listed(ends)})")
    bar = f"{_listed([f'bar{k}' for k in range(len(ends))])} = bar"
    vjp = _function(f"{name}_vjp", f"{given}, bar", [*unpacked, *work, bar, *adjoints], f"({returned},)")
    return Source(forward, vjp, {name: value for value, name in tape.numbers.items()})


def _expression(operation: str, names: tuple[str, ...]) -> str:
    if operation in {"abs", "sqrt"}:
        return f"{operation}({names[0]})"
    if operation == "clip":
        return f"min(max({names[0]}, {names[1]}), {names[2]})"
    return f"{names[0]} {operation} {names[1]}"


def _adjoints(tape: Tape, ends: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Which name holds the gradient of which scalar, and the lines that work them out."""
    holder: dict[str, str] = {}
    lines: list[str] = []

    def add(scalar: str, term: str) -> None:
        if scalar not in tape.active:
            return
        fresh = f"g{len(lines)}"
        lines.append(f"{fresh} = {holder[scalar]} + {term}" if scalar in holder else f"{fresh} = {term}")
        holder[scalar] = fresh

    for k, end in enumerate(ends):
        add(end, f"bar{k}")
    for result, operation, names in reversed(tape.notes):
        if result not in holder:
            continue
        bar, a = holder[result], names[0]
        b = names[1] if len(names) > 1 else ""
        match operation:
            case "+":
                add(a, bar)
                add(b, bar)
            case "-":
                add(a, bar)
                add(b, f"(-{bar})")
            case "*":
                add(a, f"{bar} * {b}")
                add(b, f"{bar} * {a}")
            case "/":
                add(a, f"{bar} / {b}")
                add(b, f"(-{bar} * {result} / {b})")
            case "abs":
                add(a, f"({bar} if {a} >= zero else -{bar})")
            case "sqrt":
                add(a, f"{bar} / ({result} + {result})")
            case "clip":
                add(a, f"({bar} if {a} == {result} else zero)")
    return holder, lines


def _used(work: list[str], tape: Tape, ends: Sequence[str]) -> list[str]:
    wanted, kept = set(ends), []
    for line, (result, _, names) in zip(reversed(work), reversed(tape.notes), strict=True):
        if result in wanted:
            wanted.update(names)
            kept.append(line)
    return kept[::-1]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _function(name: str, given: str, lines: Sequence[str], returned: str) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"def {name}({given}):\n{body}\n    return {returned}\n"
