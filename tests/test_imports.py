"""A module imports only what stands before it, and starting up waits for nothing heavy.

`DATA_FLOW` is the order in which data goes through the package, and in which it can be read. It
holds for imports inside functions too: those are late to save start-up time, never to close a
circle. `EXCEPTIONS` is the one circle, and says why.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import noonbit

PACKAGE = Path(noonbit.__file__).parent

DATA_FLOW = """
    noonbit
    errors  recipe  plan  lineup  machine  runtime  atomic  renamed

    data
    data.dataset  data.compression  data.cache  data.mapped  data.files  data.pictures
    data.headers  data.labels  data.arrow
    data.delimited  data.arrays  data.folder
    data.vectors  data.text  data.text_rows  data.lines  data.json_lines
    data.path_rows  data.pixel_rows  data.table  data.idx  data.cifar  data.parquet
    data.png  data.shapes
    data.pool  data.split  data.difficulty
    grouped
    go  go.files  go.compiled  go.board  go.sgf  go.games  go.ladders  go.planes  go.positions
    go.symmetries  go.scores  go.diagram  go.boards  go.source
    data.catalogue  data.download  data.known  data.source

    native
    framing.protocol  framing.pixels  framing.pictures  framing.sentences  framing.boards  framing
    contract  framed  items  gallery  findings  go.check  facts  check
    arithmetic  byhand
    augment.affine  augment.settings  augment.draws  augment.erasing  augment.boards
    augment.moves  augment.transforms  augment.mixing  augment.meaning  augment.preview  augment
    generator.settings  generator.draws  generator.transform  generator.whitening
    generator.statistics  generator.source  generator.look  generator.files  generator.order
    generator.flow  generator
    models.layers  models.keras  models.slides  models.lab  models.lenet  models.convnetjs
    models.sentence
    models.glance  models.airbench  models.alexnet  models.vgg  models.googlenet  models.resnet
    models.policy  models.own
    models  models.receptive  models.summary  models.memory
    models.ensemble
    averaging  views  optimizer  adadelta  descent  optim  recorded  streaming
    chain.kernels  chain.tiles  chain.working  chain.links  chain.first  chain.tiled  chain.nested
    chain.chain  chain
    gradients  gradcheck  evaluate  comparison  calibrate  folds  go.baselines  predict  explain
    fit  engine  decisions  checkpoint  run  go.predict  runs  record  measure
    report.answers  report.charts  report.thumbnails  report.exhibits  report.decisions
    report.boards  report.sections  report.commands  report.members  report.folds  report
    job  progress  member  side_by_side  assembly  members  api  estimator

    experiments  experiments.results  experiments.verdict  experiments.reproduce  experiments.page

    commands  commands.output
    commands.check  commands.train  commands.ensemble  commands.evaluate  commands.predict
    commands.errors  commands.report  commands.show  commands.models  commands.summary
    commands.data  commands.arithmetic  commands.gradcheck  commands.byhand
    commands.reproduce
    cli  __main__
"""
ORDER = DATA_FLOW.split()

EXCEPTIONS = {
    # A known name is a source, and a downloaded one is opened as any path is.
    ("data.known", "data.source"),
    # The names that `data` gives lead to modules which are imported when a name is first used.
    ("data", "data.dataset"),
    ("data", "data.source"),
    ("noonbit", "api"),
    ("noonbit", "data.source"),
    ("noonbit", "estimator"),
    ("noonbit", "generator"),
}
HEAVY = {"torch", "numpy", "pandas", "sklearn", "scipy", "PIL", "matplotlib", "pyarrow"}


def module_name(path: Path) -> str:
    """`noonbit/models/__init__.py` -> `models`; the package itself is `noonbit`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "noonbit"


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(path: Path) -> Iterator[str]:
    """The modules of noonbit that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "noonbit":
                yield nearest_module(name.removeprefix("noonbit").removeprefix("."))


def nearest_module(name: str) -> str:
    """The module that `name` is or lies in: `errors.DataError` lies in `errors`."""
    while name not in MODULES and name:
        name = name.rpartition(".")[0]
    return name or "noonbit"


def test_every_module_has_its_place_in_the_order() -> None:
    assert set(ORDER) == set(MODULES)
    assert len(ORDER) == len(MODULES)


@pytest.mark.parametrize("name", ORDER)
def test_a_module_imports_only_what_stands_before_it(name: str) -> None:
    place = ORDER.index(name)
    for imported in imports_of(MODULES[name]):
        if (name, imported) not in EXCEPTIONS:
            assert ORDER.index(imported) < place, f"{name} imports {imported}"


def test_every_exception_is_needed() -> None:
    found = {(name, imported) for name, path in MODULES.items() for imported in imports_of(path)}
    assert found >= EXCEPTIONS


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after `statement`."""
    code = f"{statement}; import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import noonbit",
        "import noonbit.cli",
        "import noonbit.data",
        "from noonbit.cli import run; run(['--version'])",
        "from noonbit.cli import run; run(['--help'])",
        "from noonbit.cli import run; run(['train', '--help'])",
    ],
)
def test_starting_up_waits_for_nothing_heavy(statement: str) -> None:
    assert not loaded_by(statement) & HEAVY


@pytest.mark.parametrize("name", ["data.source", "contract", "items"])
def test_loading_data_does_not_wait_for_pytorch(name: str) -> None:
    assert "torch" not in loaded_by(f"import noonbit.{name}")


@pytest.mark.parametrize("name", noonbit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(noonbit, name).__name__ == name
    assert name in dir(noonbit)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'noonbit' has no attribute 'trian'"):
        noonbit.trian  # noqa: B018
