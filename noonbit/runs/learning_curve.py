"""learning_curve.json: trainings on parts of a run's training items, next to the run itself."""

from pydantic import TypeAdapter

from noonbit.evaluation.learning_curve import LearningCurve
from noonbit.runs.run import Run
from noonbit.system.artefacts import parse_artefact, read_artefact_json
from noonbit.system.files import write_json

NAME, FOLDER = "learning_curve.json", "learning_curve"
CURVE_ADAPTER = TypeAdapter(LearningCurve)


def write_learning_curve(run: Run, curve: LearningCurve) -> None:
    """Write the curve into the run's folder."""
    write_json(run.path / NAME, curve.model_dump())


def read_learning_curve(run: Run) -> LearningCurve | None:
    """Return the curve; None if none was measured. Raises `ArtefactError` for a damaged one."""
    path = run.path / NAME
    if not path.exists():
        return None
    return parse_artefact(CURVE_ADAPTER, read_artefact_json(path), path)
