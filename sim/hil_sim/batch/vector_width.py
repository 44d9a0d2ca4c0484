"""Leave for LLVM to use the widest vectors a CPU has, on an aligned stack: two things numba has no option for.

For recent Intel CPUs LLVM stops at half the width, which costs 1.4 times. And numba leaves the stack as its caller had
it: by chance every second vector that is put aside then straddles two cache lines, which costs 1.2 times. Neither
changes a bit. An intrinsic that computes nothing marks the function it is in.
"""

from typing import Any

from numba import types
from numba.extending import intrinsic


@intrinsic
def widest(typing_context: Any) -> Any:
    """Mark the calling function."""

    def mark(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # llvmlite's own `add` knows attributes of one word only
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        set.add(builder.function.attributes, '"stackrealign"')
        return context.get_dummy_value()

    return types.none(), mark
