"""Course material: a NumPy network, gradient checks, convolution arithmetic, known experiments."""
