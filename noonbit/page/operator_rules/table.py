"""The rule of every operator that the page can compute.

    RULES["Conv"](node) -> ("Conv", names of inputs, settings)

A rule writes out every setting that network.js needs, and refuses what the page cannot compute.
"""

from collections.abc import Mapping

from noonbit.page.operator_rules import elementwise, layers, movement, reduction
from noonbit.page.operator_rules.node import Rule

RULES: Mapping[str, Rule] = {
    **elementwise.RULES,
    **movement.RULES,
    **reduction.RULES,
    **layers.RULES,
}
"""By the names of ONNX."""
