"""A hand-written forward and backward pass for the networks whose every layer has a fused form.

    fused = build_fused(network, dtype)       None if a layer has no fused form
    fused.set_normalization(contract)
    loss, correct = fused.backward(images, labels, smoothing=0.1, count=len(labels))

On a processor, autograd runs a small network as some two hundred operators a step. Each starts
threads, allocates and reads memory once more; on two cores, the matrix products were a fifth of the
time. A fused network knows its layers: everything between two matrix products is one pass over
memory (`kernels.cpp`), there is no graph, and no value is converted twice. It writes its calls down
once, and C++ runs them, without Python's lock (`program.py`). The gradient equals autograd's up to
rounding (tests/training/fused/test_compile.py).

    compile.py    modules -> fused layers          network.py   fused layers -> a step
    layers.py     and *_layer*.py, containers.py   program.py   a step's calls and memory
    kernels.cpp   amx.cpp, operators.cpp           team.py      threads with a share each
"""

from noonbit.training.fused.compile import build_fused
from noonbit.training.fused.network import FusedNetwork

__all__ = ["FusedNetwork", "build_fused"]
