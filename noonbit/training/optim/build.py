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
) -> Optimizer:
    """Create the optimiser over all trainable parameters.

    Weight decay acts on matrices and filters alone: a decayed bias or batch-norm scale only loses
    accuracy (Goyal et al., 2017). `momentum` is SGD's and Muon's, in Nesterov's form; the others
    use their papers' values, except RMSprop, whose rho is Keras's 0.9. `epsilon` is added to the
    root of the mean square; Keras adds it before Adam's bias correction, which makes no measurable
    difference. `dtype` is that of Muon's matrix products, which tolerate bfloat16.
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


def embedding_weights(model: nn.Module) -> list[nn.Parameter]:
    """The trainable embedding tables, of which few rows have a gradient."""
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    weights = [table.get_parameter("weight") for table in tables]
    return [weight for weight in weights if weight.requires_grad]
