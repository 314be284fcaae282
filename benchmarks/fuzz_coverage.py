"""Bytes that reach new lines of the readers, found by libFuzzer through atheris.

`python -m benchmarks fuzz` draws its changes blindly; here those survive that run code which none
has run before. An input is a number of a sample, whose first file the other bytes are.
"""

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fuzzing.containers import Files
from noonbit.errors import MissingExtra, NoonbitError

SHARED_MEMORY = Path("/dev/shm")
LONGEST = 2**16
"""Bytes of an input; libFuzzer's changes spread thin in longer ones."""


def fuzz_coverage(
    *,
    minutes: float = 60.0,
    seed: int = 1,
    seconds: int = 60,
    memory_gb: float = 2.0,
    found: Path = Path("fuzz-coverage"),
) -> None:
    """Search for inputs of the readers that raise what is not noonbit's, hang or take memory.

    Parameters
    ----------
    minutes
        Until it ends.
    seed
        Of libFuzzer.
    seconds
        After which an input hangs.
    memory_gb
        Of the whole process.
    found
        The folder for the inputs that were found, and for those that reach new code.
    """
    try:
        import atheris
    except ImportError:
        raise MissingExtra(
            "fuzz_coverage needs atheris, which has wheels for few Pythons: python -m pip install "
            "atheris. Without it, use python -m benchmarks fuzz."
        ) from None
    # Before anything else imports them, so that their branches are counted.
    with atheris.instrument_imports(include=["noonbit.data"]):
        from noonbit.data import source
    from benchmarks.fuzzing.samples import SAMPLES

    # The rules of Go are compiled at the first game, for longer than an input may take.
    chosen = [sample for sample in SAMPLES.values() if sample.needs != "sgfmill"]
    made = [sample.make() for sample in chosen if sample.is_available()]
    corpus, faults = found / "corpus", found / "faults"
    for folder in (corpus, faults):
        folder.mkdir(parents=True, exist_ok=True)
    for number, files in enumerate(made):
        first = next(iter(files.values()))
        if len(first) < LONGEST:
            (corpus / f"sample-{number}").write_bytes(bytes([number]) + first)
    shared = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with TemporaryDirectory(dir=shared) as scratch:
        place = Path(scratch) / "source"

        def meet(raw: bytes) -> None:
            if raw:
                write(place, made[raw[0] % len(made)], raw[1:])
                for read in (source.open_data, source.open_inputs):
                    try:
                        read(place, on_bad="skip")
                    except NoonbitError:
                        pass
                    except Exception as error:
                        keep(faults, raw, error)

        arguments = [
            sys.argv[0],
            str(corpus),
            f"-max_total_time={int(60 * minutes)}",
            f"-seed={seed}",
            f"-timeout={seconds}",
            f"-rss_limit_mb={int(1024 * memory_gb)}",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={faults}/",
            "-print_final_stats=1",
        ]
        atheris.Setup(arguments, meet)
        atheris.Fuzz()


def write(place: Path, files: Files, raw: bytes) -> None:
    """Write a sample with other bytes in its first file."""
    shutil.rmtree(place, ignore_errors=True)
    for number, (name, content) in enumerate(files.items()):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if number else raw)


def keep(faults: Path, raw: bytes, error: Exception) -> None:
    """Keep an input once for each place that raised, and go on."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    line = frame.tb_lineno if frame else 0
    where = Path(frame.tb_frame.f_code.co_filename).stem if frame else ""
    path = faults / f"{type(error).__name__}-{where}-{line}"
    if not path.exists():
        path.write_bytes(raw)
        print(f"{time.strftime('%H:%M:%S')} {path.name}: {error}", file=sys.stderr)
