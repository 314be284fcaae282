"""Images/s of training: same network, same batch size, same optimiser, same arithmetic.

Whole steps of random images of the right shape, optimiser included, without validation. Every
figure in bfloat16 stands beside one in float32, which is what the peers' tutorials use.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.against_pytorch import compare
from benchmarks.conditions import ConditionFlags, Conditions
from benchmarks.networks import NOT_IN_KERAS, STEPS, TASKS
from benchmarks.record import RESULTS, facts, keep, measured_peak
from benchmarks.side_by_side import Contestant, Measured, Spread, described, side_by_side
from noonbit.cli.output import print_table
from noonbit.errors import UsageError, did_you_mean
from noonbit.system.hardware import usable_cpus

PASSES = 3
"""Forward, and back to the weights and to the inputs: multiply-adds of a step in forward passes."""
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
"""glibc keeps what is freed, as noonbit tells it to: PyTorch's guides advise an allocator."""
TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}


def throughput(
    *,
    networks: str = ",".join(TASKS),
    peers: str = "PyTorch,Keras/TensorFlow,Keras/JAX",
    documented: bool = False,
    rounds: int = 7,
    seconds: float = 2.0,
    threads: int | None = None,
    conditions: ConditionFlags = Conditions(),  # noqa: B008 - frozen
    out: Path = RESULTS / "throughput.json",
) -> None:
    """Images/s of training the same networks, against Keras and plain PyTorch.

    PyTorch at its best takes turns with noonbit in one process, all others in their own.

    Parameters
    ----------
    networks
        Some of them, separated by commas.
    peers
        Some of them; compiling Keras/JAX's convolutions takes minutes.
    documented
        Only the batch size that the network is documented with, not the larger one too.
    rounds
        How often every contestant has its turn.
    seconds
        The least length of a turn; it ends with an epoch.
    threads
        For every contestant; left out: the processors this process may use.
    out
        The file for the result.
    """
    chosen = networks.split(",")
    for name in chosen:
        if name not in TASKS:
            raise UsageError(
                f"No network here is called '{name}'.{did_you_mean(name, TASKS)} "
                f"There are: {', '.join(TASKS)}."
            )
    threads = threads or usable_cpus()
    with conditions.neighbours(threads):
        peak = measured_peak(threads, conditions.precisions, conditions.environment)
        line = ""
        result: dict[str, Any] = {
            "benchmark": "throughput",
            **facts(threads=threads, rounds=rounds, seconds=seconds),
            "conditions": asdict(conditions),
            "matrix_product_gflops": peak,
            "cases": [],
        }
        products = (f"{gflops:,.0f} GFLOP/s in {name}" for name, gflops in peak.items())
        print("matrix product:", ", ".join(products))
        for network in chosen:
            for batch_size in TASKS[network].batch_sizes[: 1 if documented else 2]:
                print(f"\n{network}, batches of {batch_size}; {conditions}")
                turns: Any = {"rounds": rounds, "seconds": seconds, "threads": threads}
                rivals = [
                    one
                    for one in contestants(network, batch_size, conditions)
                    if one.name.startswith(("noonbit", *peers.split(",")))
                ]
                case = figures(network, side_by_side(rivals, **turns), peak)
                print_case(case)
                best = compare(network, batch_size, conditions, **turns)
                print(best)
                case |= {
                    "network": network,
                    "batch_size": batch_size,
                    "in_one_process": asdict(best),
                }
                result["cases"].append(case)
                line = keep(result, out)  # an hour's work is not lost with its last minute
    print(line)


def contestants(network: str, batch_size: int, conditions: Conditions) -> Iterator[Contestant]:
    """noonbit first, in every precision; then its peers."""
    task = {
        "network": network,
        "images": TASKS[network].epoch(batch_size),
        "batch_size": batch_size,
    }
    ours, torch = "benchmarks.ours:train", "benchmarks.peers.pytorch_training"
    keras, limits = "benchmarks.peers.keras_training", conditions.environment
    for precision in conditions.precisions:
        yield Contestant(
            f"noonbit {precision}", ours, task | {"precision": precision}, environment=limits
        )
    yield Contestant("PyTorch as written", f"{torch}:train_as_written", task, environment=limits)
    if network in NOT_IN_KERAS:
        return
    tensorflow = [{"jit_compile": jit, "steps_per_execution": STEPS} for jit in (False, True)]
    jax = [{"steps_per_execution": steps} for steps in (1, STEPS)]
    for backend, environment, forms in (("TensorFlow", TENSORFLOW, tensorflow), ("JAX", JAX, jax)):
        name = f"Keras/{backend}"
        yield Contestant(
            f"{name} as written",
            f"{keras}:train_as_written",
            task,
            environment=environment | limits,
        )
        for precision in conditions.precisions:
            yield Contestant(
                f"{name} best {precision}",
                f"{keras}:train_at_best",
                task | {"precision": precision},
                forms=forms,
                environment=environment | ALLOCATOR | limits,
            )


def figures(network: str, measured: dict[str, Measured], peak: dict[str, float]) -> dict[str, Any]:
    """Speed, share of the peak, and how many times as fast noonbit is, of every contestant."""
    from noonbit.models.catalogue import outline
    from noonbit.models.summary import summarise

    task = TASKS[network]
    channels, *size = task.shape
    model = outline(network, task.classes, channels, (size[0], size[1]))
    multiply_adds = summarise(model, task.shape).multiply_adds
    rows = {}
    for name, each in measured.items():
        speed = each.speed.median
        gflops = 2 * PASSES * multiply_adds * speed / 1e9
        precision = "bfloat16" if name.endswith("bfloat16") else "float32"
        rows[name] = {
            "form": each.form,
            "images_per_second": speed,
            "gflops": gflops,
            "share_of_peak": gflops / peak[precision],
            "ratios": {
                ours: asdict(measured[ours].times(each))
                for ours in measured
                if ours.startswith("noonbit")
            },
        }
    return {"multiply_adds": multiply_adds, "contestants": rows}


def print_case(case: dict[str, Any]) -> None:
    """The table of one network and batch size."""
    ours = [name for name in case["contestants"] if name.startswith("noonbit")]
    print_table(
        ["", "images/s", "GFLOP/s", "of peak", *(f"{name} / it" for name in ours), "form"],
        [
            [
                name,
                round(row["images_per_second"]),
                round(row["gflops"]),
                f"{row['share_of_peak']:.0%}",
                *(str(Spread(**row["ratios"][each])) for each in ours),
                described(row["form"]),
            ]
            for name, row in case["contestants"].items()
        ],
    )
