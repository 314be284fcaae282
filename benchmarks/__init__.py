"""Side by side with other tools, in one run: `python -m benchmarks` lists what there is.

The `bench` extra installs the peers. Every comparison runs its contestants in turn over several
rounds, prints the ratios with their spread and then one JSON line, which it also leaves in
benchmarks/results/. A peer is written as its own tutorials write it, and in its best known form.
"""
