"""The machine: hardware, threads, devices, seeds, files written whole, C++ compiled."""
