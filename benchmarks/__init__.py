"""Side by side with other tools, in one run: `python -m benchmarks.augmentation`, and so on.

The `bench` extra installs the peers. Every comparison interleaves its contestants over several
rounds and prints the ratio with its spread, then one JSON line.
"""
