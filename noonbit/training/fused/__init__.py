"""A network's gradient, taken layer by layer and back by hand, in as few passes as there can be.

    chain = chain_of(network, dtype)          None for networks with layers that it does not know
    chain.look_through(contract)
    losses, correct = chain.backward(images, labels, smoothing=0.1, count=len(labels))

PyTorch's autograd takes the small networks of this package through some two hundred operators a
step, each of which starts threads, allocates, and goes over memory once more: on two cores the
matrix products were a fifth of the time. A chain knows its layers, so it does what stands between
two products in one pass (`kernels.cpp`), keeps no graph, and converts no number twice. The gradient
is autograd's but for the rounding (tests/test_chain.py compares them).
"""

from noonbit.training.fused.compile import Chain, chain_of

__all__ = ["Chain", "chain_of"]
