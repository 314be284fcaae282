"""Compute the gradients of one step, by one of several engines.

    autograd          PyTorch's autograd on the whole batch
    chain             a `FusedNetwork` on the whole batch, on one thread: faster, but supports fewer
                      layers
    autograd-shares,  on a CPU: data parallelism over threads, each of which runs its share of the
    chain-shares      batch forward and backward with single-threaded operators
    graph             on a GPU: autograd recorded as a CUDA graph

All engines give the same gradients up to the order of additions, with one exception: the batch norm
of a network that says so (`normalises_shares`) normalises a share instead of the batch, as in
distributed training. Other batch norms are synchronised by chain-shares, and autograd does not
split their networks, nor those that draw from PyTorch's global random stream. The `Runtime` names
the engine; otherwise it is the first of `engines_for`. With shares, small batches stay whole and
one thread computes them.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from torch import Tensor, nn

from noonbit.augment import TransformParameters
from noonbit.config.augmentation import Augmentation
from noonbit.config.recipe import Engine
from noonbit.data.loader import TensorDataset
from noonbit.errors import UsageError
from noonbit.models.dropout import dropout_layers, seed_layers
from noonbit.models.layers import FeedforwardNetwork
from noonbit.system.runtime import Runtime, set_operator_threads
from noonbit.system.seeding import seed_torch
from noonbit.training.cuda_graph import CudaRecorder, GraphedGradients
from noonbit.training.data_parallel import AutogradShares, FusedShares, needs_synchronised_norms
from noonbit.training.fused import build_fused
from noonbit.training.train_step import AutogradBackward, Gradients, Sums, TrainStep


@contextmanager
def make_gradients(model: nn.Module, train_step: TrainStep) -> Iterator[Gradients]:
    """Build the runtime's engine for the model, or else the first of `engines_for`."""
    engines = engines_for(model, train_step.transforms, train_step.runtime)
    engine = train_step.runtime.engine
    if engine not in engines:
        engine = engines[0]
    threads = train_step.runtime.threads
    match engine:
        case "autograd-shares":
            # For the optimiser too, which would synchronise threads as well.
            with set_operator_threads(1):
                yield AutogradShares(model, train_step, threads)
        case "chain" | "chain-shares":
            threads = threads if engine == "chain-shares" else 1
            with (
                set_operator_threads(1),
                closing(FusedShares(model, train_step, threads)) as shares,
            ):
                yield shares
        case "graph":
            require_loaded(train_step.train)
            recorder = CudaRecorder(train_step.runtime.device)
            yield GraphedGradients(model, AutogradBackward(model, train_step), recorder)
        case "autograd":
            yield WholeBatch(model, train_step)


def engines_for(model: nn.Module, transforms: Augmentation, runtime: Runtime) -> tuple[Engine, ...]:
    """Return the engines that can train a model; the first is the default without a measurement."""
    if runtime.device.type == "cuda" and can_use_cuda_graph(model):
        return ("autograd", "graph")
    if runtime.device.type != "cpu":
        return ("autograd",)
    # The fused loss takes class labels only, not mixed ones.
    has_fused = (
        not (transforms.mixup or transforms.cutmix)
        and build_fused(model, runtime.dtype) is not None
    )
    whole: tuple[Engine, ...] = ("chain", "autograd") if has_fused else ("autograd",)
    if runtime.threads == 1 or may_use_global_rng(model):
        return whole
    shares: tuple[Engine, ...] = ("chain-shares",) if has_fused else ()
    if not needs_synchronised_norms(model):
        shares += ("autograd-shares",)
    return shares + whole


def can_use_cuda_graph(model: nn.Module) -> bool:
    """Whether a CUDA graph can replay a step: not with dropout, whose masks would repeat."""
    return isinstance(model, FeedforwardNetwork) and not any(
        isinstance(module, nn.Dropout) for module in model.modules()
    )


def require_loaded(train: TensorDataset) -> None:
    """Raise `UsageError` for streamed inputs, which a CUDA graph cannot fetch."""
    if not isinstance(train.values, Tensor):
        raise UsageError(
            "The engine graph needs all training items in the GPU's memory, and these do not fit "
            "or are computed on demand. Leave --engine out."
        )


def may_use_global_rng(model: nn.Module) -> bool:
    """Whether a step may draw from PyTorch's global random stream, as unknown networks may."""
    return not isinstance(model, FeedforwardNetwork) or any(
        type(each) is nn.Dropout for each in model.modules()
    )


class WholeBatch:
    """Gradients of whole batches, by PyTorch's autograd."""

    def __init__(self, model: nn.Module, train_step: TrainStep) -> None:
        self.dropout, self.device = dropout_layers(model), train_step.runtime.device
        # Only on a CPU does noonbit's dropout have its own random stream.
        is_on_cpu = self.device.type == "cpu"
        self.seeds_global_rng = may_use_global_rng(model) or (bool(self.dropout) and not is_on_cpu)
        self.backward = AutogradBackward(model, train_step)

    def __call__(
        self, items: Tensor, transform_parameters: TransformParameters, step_seed: int
    ) -> Sums:
        """See `Gradients`."""
        if self.seeds_global_rng:  # process-wide, so such members are not trained in parallel
            seed_torch(step_seed, self.device)
        seed_layers(self.dropout, step_seed)
        return self.backward(items, transform_parameters, len(items))
