"""A terminal that is gone, its window closed, is no reason to fail: what was flown keeps its exit code."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

_STDOUT, _STDERR = 1, 2


@contextmanager
def may_be_gone() -> Iterator[None]:
    """What is printed within is lost where the terminal is gone, and so is all that is printed later."""
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.EIO:  # what writing to a terminal without a window gives
            raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (_STDOUT, _STDERR):
            os.dup2(nowhere, stream)
