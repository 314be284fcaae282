"""Prepare a training from a recipe and its items, up to the first step."""

from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn

from noonbit.augment.label_safety import may_mirror
from noonbit.config.plan import Plan, PlanInputs, derive
from noonbit.config.recipe import Recipe
from noonbit.data.loader import tensor_dataset
from noonbit.data.mapped import require_memory
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import Preprocessor
from noonbit.data.preprocess.contract import UNKNOWN, Contract
from noonbit.data.word_vectors import read_vectors
from noonbit.errors import UsageError
from noonbit.models.catalogue import MODELS, build_for, model_of
from noonbit.models.custom import CustomNetwork
from noonbit.models.network_file import NetworkFile, read_if_file
from noonbit.models.sentence import WordVectors
from noonbit.models.summary import Summary, summarise
from noonbit.models.tta import with_tta
from noonbit.system.runtime import Runtime
from noonbit.training.engine import choose_engine
from noonbit.training.loop import fit, init_training
from noonbit.training.state import Callbacks, TrainingContext, TrainingState
from noonbit.training.trainable import require_trainable


@dataclass(frozen=True, slots=True)
class PreparedTraining:
    """A training before its first step, or before it is resumed."""

    state: TrainingState
    context: TrainingContext
    reasons: dict[str, str]
    """Why each derived setting is what it is."""
    summary: Summary
    """Of the network."""
    file: NetworkFile | None = None
    """What the network was built from, if it is a file of the user's own."""

    def fit(self, callbacks: Callbacks) -> bool:
        """Train to the end; False if `callbacks` asked to stop before."""
        return fit(self.state, self.context, callbacks)


@dataclass(frozen=True, slots=True)
class InitialWeights:
    """The weights of a trained network, with which another training begins."""

    weights: dict[str, Tensor]
    """A state dict."""
    contract: Contract
    """Whose inputs and statistics the weights have learned to expect."""
    origin: str
    """Where they are from, for messages."""


def prepare_training(
    items: PreparedDataset,
    recipe: Recipe,
    runtime: Runtime,
    *,
    model: nn.Module | None = None,
    initial: InitialWeights | None = None,
    contract: Contract | None = None,
    has_checkpoint: bool = False,
) -> PreparedTraining:
    """Derive the settings that the recipe leaves open, and build the network.

    `model` is a network of the caller's own, instead of the recipe's name. `initial` weights take
    the place of random ones; they must fit the network. `contract` is that of a resumed training;
    then nothing is measured again. `has_checkpoint` says that the initial weights will be replaced,
    so word vectors are not read. Raises `UsageError` for settings that do not go together, and for
    a network of the user's own that cannot be trained.
    """
    started = perf_counter()
    file = None
    if model is None:
        name = model_of(recipe, items.preprocessor)
        file = read_if_file(name)
        network = build_seeded(file or name, items, recipe.seed)
    else:
        name, network = type(model).__name__, model
    require_memory(
        2 * sum(parameter.nbytes for parameter in network.parameters()),
        f"The gradients of {name} and the state of its optimiser",
        "Choose a smaller --image-size, or another --model.",
    )
    if isinstance(file, CustomNetwork) or model is not None:
        classes = len(items.data.class_names)
        require_trainable(network, name, items.preprocessor, classes, runtime)
    if initial is not None:
        require_fitting(initial, network, name)
    has_weights = has_checkpoint or initial is not None
    word_reasons = {} if has_weights else init_word_vectors(network, recipe, items)
    if recipe.unknown and UNKNOWN in items.data.class_names:
        raise UsageError(
            f"--unknown answers '{UNKNOWN}', and that is a class of these data. Leave out "
            "--unknown, or rename the class."
        )
    summary = summary_for(network, items.preprocessor, name)
    plan = plan_for(recipe, items, network, name, runtime, summary)
    context = TrainingContext(
        contract or contract_for(items, plan, initial),
        tensor_dataset(items, "train", runtime),
        tensor_dataset(items, "validation", runtime),
        plan,
        runtime,
    )
    if contract is None:
        context = replace(context, runtime=choose_engine(network, context, recipe))
    reasons = {
        **context.runtime.reasons,
        **items.reasons,
        **word_reasons,
        **context.plan.reasons,
    }
    state = init_training(
        network,
        context,
        None if initial is None else initial.weights,
        rates_by_depth=recipe.finetune,
    )
    state.elapsed = perf_counter() - started
    return PreparedTraining(state, context, reasons, summary, file)


def require_fitting(initial: InitialWeights, network: nn.Module, name: str) -> None:
    """Raise `UsageError` if initial weights are not those of this network."""
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    given = {key: tuple(value.shape) for key, value in initial.weights.items()}
    if given == expected:
        return
    differing = [key for key in {**expected, **given} if expected.get(key) != given.get(key)]
    here, there = (
        "x".join(map(str, shapes[differing[0]])) or "one number"
        if differing[0] in shapes
        else "nothing"
        for shapes in (expected, given)
    )
    fitting = len({**expected, **given}) - len(differing)
    raise UsageError(
        f"The weights of {initial.origin} fit {fitting} of the {len(expected)} tensors of {name}; "
        f"{differing[0]} is {here} here and {there} there. Take the network that they were "
        "trained in."
    )


def build_seeded(network: str | NetworkFile, items: PreparedDataset, seed: int) -> nn.Module:
    """Build a network whose initial weights are a function of the seed."""
    torch.manual_seed(seed)
    preprocessor, classes = items.preprocessor, len(items.data.class_names)
    if isinstance(network, str):
        return build_for(preprocessor, network, classes)
    return network.build(classes, preprocessor.channels, preprocessor.size)


def init_word_vectors(network: nn.Module, recipe: Recipe, items: PreparedDataset) -> dict[str, str]:
    """Load the recipe's word vectors into a network; return the number of words found, as a reason.

    Raises `UsageError` if the network has no use for them, or needs them and the recipe has none.
    """
    words = next((each for each in network.modules() if isinstance(each, WordVectors)), None)
    if recipe.vectors is None:
        if words is not None and words.needs_vectors:
            raise UsageError(
                "This network keeps word vectors as they are, so it needs some: add --vectors "
                "FILE, of word2vec or GloVe, or take sentence-cnn, which learns its own."
            )
        return {}
    if words is None or not items.preprocessor.vocabulary:
        raise UsageError(
            "--vectors is for networks with a table of words: sentence-cnn and its forms."
        )
    vectors, found = read_vectors(Path(recipe.vectors), items.preprocessor.vocabulary)
    words.load_vectors(vectors, found)
    return {"vectors": f"it has {found.sum():,} of the {len(found):,} words"}


def contract_for(
    items: PreparedDataset, plan: Plan, initial: InitialWeights | None = None
) -> Contract:
    """Return the contract before calibration; initial weights bring theirs."""
    if initial is not None:
        return initial.contract
    if plan.normalise == "unit":
        return Contract.unit(items.preprocessor, items.data.class_names)
    return items.contract


def summary_for(network: nn.Module, preprocessor: Preprocessor, name: str) -> Summary:
    """Return the summary of a network for the inputs that it gets; raises as `summarise`.

    Networks of the catalogue, found by `name`, are counted as their sources count them.
    """
    entry = MODELS.get(name)
    return summarise(
        network,
        preprocessor.shape,
        of_words=preprocessor.of_words,
        counts_statistics=entry is not None and entry.counts_statistics,
    )


def plan_for(
    recipe: Recipe,
    items: PreparedDataset,
    network: nn.Module,
    name: str,
    runtime: Runtime,
    summary: Summary,
) -> Plan:
    """Return the plan: the recipe with every open setting derived for these items and this network.

    `summary` is that of the network. Raises `UsageError` for settings that do not fit them.
    """
    preprocessor = items.preprocessor
    task = plan_inputs(items, recipe, name, summary.multiply_adds)
    rate = runtime.multiply_adds_per_second
    plan = derive(recipe, replace(task, multiply_adds_per_second=rate))
    require_symmetric(plan, preprocessor)
    with_tta(network, plan.test_time_augmentation)
    return plan


def plan_inputs(
    items: PreparedDataset, recipe: Recipe, name: str, multiply_adds: int
) -> PlanInputs:
    """Return what the defaults of a training are derived from, but for the machine's speed.

    `multiply_adds` are those of one item. The difficulty, which takes up to a second to measure, is
    measured only for epochs that the recipe leaves open.
    """
    mirror = may_mirror(items.data.class_names)
    task = PlanInputs(
        model=name,
        items=len(items.split.train),
        augmentation=items.preprocessor.augmentation(may_mirror=mirror),
        multiply_adds=multiply_adds,
        difficulty=items.difficulty if recipe.epochs is None else None,
    )
    if name not in MODELS:
        return task
    entry = MODELS[name]
    return replace(
        task,
        optimizer=entry.optimizer,
        learning_rate=entry.learning_rate,
        effort=entry.effort,
        largest_batch=entry.largest_batch,
        documented=entry.documented,
        because=entry.because or f"as {entry.source} has it",
    )


def require_symmetric(plan: Plan, preprocessor: Preprocessor) -> None:
    """Raise `UsageError` for the eight board symmetries with any other kind of input."""
    views = plan.test_time_augmentation.strip()
    if not preprocessor.has_symmetries and (plan.augmentation.symmetries or views == "symmetries"):
        raise UsageError(
            f"The symmetries are those of a board, and here are {preprocessor.input_kind}. "
            "Use flip, vertical_flip or rotation."
        )
