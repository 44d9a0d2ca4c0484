"""One thread of linear algebra: the same bits on every machine, and CPU time that is one core's."""

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec


def one_blas_thread() -> AbstractContextManager[object]:
    """Within `with`, numpy's BLAS has one thread; without threadpoolctl, OMP_NUM_THREADS=1 is up to the caller."""
    if not find_spec("threadpoolctl"):
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limited
