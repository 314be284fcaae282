"""Create the optimiser that a plan names."""

from typing import Any

import torch
from torch import nn

from noonbit.config.recipe import OptimizerName
from noonbit.training.optim.adadelta import Adadelta
from noonbit.training.optim.base import Optimizer
from noonbit.training.optim.muon import Muon
from noonbit.training.optim.torch_fused import Adam, RMSprop, Sgd


def make_optimizer(
    model: nn.Module,
    name: OptimizerName,
    *,
    lr: float,
    momentum: float,
    weight_decay: float,
    epsilon: float,
    dtype: torch.dtype = torch.float32,
    rates_by_depth: bool = False,
) -> Optimizer:
    """Create the optimiser over all trainable parameters.

    Weight decay acts on matrices and filters alone: a decayed bias or batch-norm scale only loses
    accuracy (Goyal et al., 2017). `momentum` is SGD's and Muon's, in Nesterov's form; the others
    use their papers' values, except RMSprop, whose rho is Keras's 0.9. `epsilon` is added to the
    root of the mean square; Keras adds it before Adam's bias correction, which makes no measurable
    difference. `dtype` is that of Muon's matrix products, which tolerate bfloat16. With
    `rates_by_depth`, the first layers learn least; see `split_by_depth`.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    if name == "muon":
        return Muon(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay, dtype=dtype)
    groups: list[dict[str, Any]] = [{"params": parameters, "weight_decay": 0.0}]
    if weight_decay:  # a second group costs some 50 us a step
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
    if rates_by_depth:
        groups = [part for group in groups for part in split_by_depth(model, group)]
    match name:
        case "sgd":
            return Sgd(groups, lr=lr, momentum=momentum)
        case "adam":
            return Adam(groups, lr=lr, epsilon=epsilon, decoupled=False)
        case "adamw":
            return Adam(groups, lr=lr, epsilon=epsilon, decoupled=True)
        case "rmsprop":
            return RMSprop(groups, lr=lr, alpha=0.9, epsilon=epsilon)
        case "adadelta":
            tables = [] if weight_decay else embedding_weights(model)  # decay changes every row
            return Adadelta(groups, tables, lr=lr, epsilon=epsilon)


def split_by_depth(model: nn.Module, group: dict[str, Any]) -> list[dict[str, Any]]:
    """Split a group by the depth of its parameters: the first third of all learns at a hundredth of
    the rate, the second at a tenth, the last at all of it.

    Layers that others trained on much are worth keeping, the more so the less they know of classes
    (Howard and Ruder, "Universal language model fine-tuning", 2018).
    """
    order = {id(each): place for place, each in enumerate(model.parameters())}
    parts: dict[float, list[nn.Parameter]] = {0.01: [], 0.1: [], 1.0: []}
    for parameter in group["params"]:
        third = 3 * order[id(parameter)] // len(order)
        parts[(0.01, 0.1, 1.0)[third]].append(parameter)
    return [{**group, "params": part, "rate": rate} for rate, part in parts.items() if part]


def embedding_weights(model: nn.Module) -> list[nn.Parameter]:
    """The trainable embedding tables, of which few rows have a gradient."""
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    weights = [table.get_parameter("weight") for table in tables]
    return [weight for weight in weights if weight.requires_grad]
