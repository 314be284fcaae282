"""How fast this machine multiplies matrices, measured in a few milliseconds; without PyTorch."""

from functools import cache
from time import thread_time

from noonbit.system.hardware import usable_cpus

SIDE = 256
"""Of the matrices: their 0.8 MB fit the caches of a core."""
TRIES = 20


@cache
def multiply_adds_per_second() -> float:
    """Multiply-adds a second of all processors that this process may use, in float32.

    The best of some products on one core, by the processor's time and not the clock's, so another
    program that runs meanwhile makes little difference. Costs 20 ms, once a process.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # of scikit-learn

    matrix = np.ones((SIDE, SIDE), np.float32)
    product = np.empty_like(matrix)
    fastest = 0.0
    with threadpool_limits(1):
        for _ in range(TRIES):
            started = thread_time()
            np.matmul(matrix, matrix, out=product)
            fastest = max(fastest, SIDE**3 / max(thread_time() - started, 1e-9))
    return fastest * usable_cpus()
