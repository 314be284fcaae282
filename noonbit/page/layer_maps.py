"""Choose the intermediate results that the page shows: what each layer hands to the next."""

from collections.abc import Sequence

from noonbit.page.spec import Map, Operator

WINDOWS, DENSE = {"Conv", "MaxPool", "AveragePool"}, {"Gemm"}
REDUCTIONS = {"ReduceMax", "ReduceMean"}
KINDS = {"Conv": "convolution", "MaxPool": "pool", "AveragePool": "pool", "Gemm": "dense"}


def find_maps(operators: Sequence[Operator]) -> tuple[list[Map], list[Operator]]:
    """What one layer hands to the next: the results that a convolution, pool or matrix takes.

    Also the operators that put the channels of some of them first, to run after all others.

    These are the activations after each block, whatever stands between (norm, response norm,
    residual), for it is what the next layer sees. A module that is used again (test-time views)
    gives its maps once.
    """
    last_layer: dict[str, tuple[int, str]] = {}
    """Number and kind of the last layer before each result."""
    producers = {operator.outputs[0]: operator for operator in operators}
    for number, operator in enumerate(operators):
        if operator.op in KINDS and len(operator.shape) != 5:  # response norms pool channels
            last_layer[operator.outputs[0]] = number, KINDS[operator.op]
        else:
            before = [last_layer.get(name, (-1, "")) for name in operator.inputs]
            last_layer[operator.outputs[0]] = max(before, default=(-1, ""))
    maps: list[Map] = []
    turned: list[Operator] = []
    seen: set[tuple[str, tuple[int, ...]]] = set()
    counts: dict[str, int] = {}
    for operator in operators:
        name = operator.inputs[0] if operator.inputs else ""
        if name not in producers or not takes_map(operator, producers[name]):
            continue
        producer, kind = producers[name], last_layer[name][1]
        while producer.op in ("Reshape", "Identity") and producer.inputs[0] in producers:
            producer = producers[producer.inputs[0]]
        key = (producer.name, tuple(producer.shape))
        if producer.shape[0] != 1 or len(producer.shape) not in (2, 3, 4):
            continue
        if not kind or key in seen or producer.outputs[0] in (each.output for each in maps):
            continue
        seen.add(key)
        output, shape = producer.outputs[0], producer.shape[1:]
        if kind == "dense" and len(shape) == 2:  # a matrix at each word: a convolution over words
            kind = "convolution"
            turned.append(channels_first(producer))
            output, shape = turned[-1].outputs[0], shape[::-1]
        counts[kind] = counts.get(kind, 0) + 1
        sides = {1: [*shape, 1, 1], 2: [shape[0], 1, shape[-1]], 3: shape}[len(shape)]
        place = f" ({producer.name})" if producer.name else ""
        maps.append(Map(f"{kind} {counts[kind]}{place}", kind, output, sides))
    return maps, turned


def channels_first(operator: Operator) -> Operator:
    """Turn a result (1, places, channels) into (1, channels, places)."""
    _, places, channels = operator.shape
    return Operator(
        op="Strided",
        inputs=operator.outputs,
        outputs=[f"{operator.outputs[0]}.maps"],
        attributes={"offset": 0, "strides": [channels * places, 1, channels]},
        name=operator.name,
        shape=[1, channels, places],
        dtype=operator.dtype,
    )


def takes_map(operator: Operator, producer: Operator) -> bool:
    """Whether an operator is a layer that takes its input as maps or units."""
    if operator.op in WINDOWS:
        return len(producer.shape) in (3, 4)
    return operator.op in DENSE or operator.op in REDUCTIONS
