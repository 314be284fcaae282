"""Threads that run a training step together, each a program for its share of the batch.

    team = Team(kernels, threads=2)
    team.run(programs, gradients)
    team.close()

The threads are Python's, so that PyTorch's operators keep their settings in them, but they wait and
work in C++: nobody holds Python's lock, and a step wakes them once.
"""

from collections.abc import Sequence
from ctypes import addressof, c_void_p
from threading import Thread

import torch
from torch import Tensor

from noonbit.system.runtime import use_one_operator_thread
from noonbit.training.fused.kernels import Kernels
from noonbit.training.fused.program import Program, Status


class Team:
    """So many threads, of which the calling one is the first."""

    def __init__(self, kernels: Kernels, threads: int) -> None:
        self.runner = kernels.runner
        self.address = self.runner.new_team()
        self.threads = [
            Thread(target=self.serve, args=(number,), name="noonbit-step", daemon=True)
            for number in range(1, threads)
        ]
        for thread in self.threads:
            thread.start()

    def serve(self, number: int) -> None:
        """Run a share of each step until the team ends."""
        use_one_operator_thread()
        with torch.no_grad():
            self.runner.serve_team(self.address, number)

    def run(self, programs: Sequence[Program], gradients: Sequence[Tensor]) -> None:
        """Run a program on each thread, and add their gradients up in the first one's.

        There are at most as many programs as threads. `gradients` are float32 (length,), one tensor
        for each program. Raises as `Program.check`.
        """
        if len(programs) == 1:  # to wake another thread takes longer than a small layer
            programs[0].run()
            return
        for program, gradient in zip(programs, gradients, strict=True):
            program.prepare()
            program.execution.gradients = gradient.data_ptr()
        runs = (c_void_p * len(programs))(*(addressof(each.execution) for each in programs))
        self.runner.run_team(self.address, runs, len(programs), len(gradients[0]))
        for program in programs:
            if program.execution.status != Status.DONE:
                program.release()
        for program in programs:
            program.check()

    def close(self) -> None:
        """End the threads."""
        self.runner.end_team(self.address)
        for thread in self.threads:
            thread.join()
        self.runner.delete_team(self.address)
