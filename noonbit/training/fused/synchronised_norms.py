"""Synchronised batch norm: shares of a batch are normalised by the statistics of all of it.

So a network whose threads each take a share trains as on whole batches, up to the order of
additions. The threads meet twice at each norm, forward and backward, in the kernels: without
Python's lock, and asleep if one of them is late.
"""

import weakref
from collections.abc import Sequence

import torch

from noonbit.training.fused.network import FusedNetwork


class SynchronisedNorms:
    """The batch norms of replicas of one network, each of which takes a share of a batch.

    All shares of a step have to run at the same time, each on a thread of its own; if one fails,
    nobody waits any more, and the running statistics of norms that had not met stay as they were.
    """

    def __init__(self, replicas: Sequence[FusedNetwork]) -> None:
        runner = replicas[0].kernels.runner
        self.barrier = runner.new_barrier()
        # Not at exit, when a thread may still wait there.
        weakref.finalize(self, runner.delete_barrier, self.barrier).atexit = False
        self.norms = [norm for replica in replicas for norm in replica.norms]
        for norms in zip(*(replica.norms for replica in replicas), strict=True):
            sums = torch.empty(len(replicas) * (1 + 4 * norms[0].channels), dtype=torch.float64)
            for share, norm in enumerate(norms):
                norm.synchronise(share, sums, self.barrier)

    def set_shares(self, shares: int) -> None:
        """Say how many shares the next step has; those of the first so many replicas."""
        for norm in self.norms:
            norm.arguments.shares = shares
