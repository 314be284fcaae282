"""Synchronised batch norm: shares of a batch are normalised by the statistics of all of it.

So a network whose batches are divided into shares trains as on whole batches, up to the order of
additions. The shares wait for each other twice at each norm, forward and backward, in C++: without
Python's lock, and asleep if one of them is late.
"""

from collections.abc import Sequence

import torch

from noonbit.training.fused.batch_norm import sums_length
from noonbit.training.fused.network import FusedNetwork


class SynchronisedNorms:
    """The batch norms of replicas of one network, each of which takes a share of a batch.

    A team has to run all shares of a step together. If one fails, the others go no further, and the
    running statistics of norms that they had not come to stay as they were.
    """

    def __init__(self, replicas: Sequence[FusedNetwork]) -> None:
        self.norms = [norm for replica in replicas for norm in replica.norms]
        for norms in zip(*(replica.norms for replica in replicas), strict=True):
            length = len(replicas) * sums_length(norms[0].channels)
            sums = torch.empty(length, dtype=torch.float64)
            for share, norm in enumerate(norms):
                norm.synchronise(share, sums)

    def set_shares(self, shares: int) -> None:
        """Say how many shares the next step has; those of the first so many replicas."""
        for norm in self.norms:
            norm.arguments.shares = shares
