"""The machine: hardware, threads, devices, seeds, atomic file writes, compiled C++."""
