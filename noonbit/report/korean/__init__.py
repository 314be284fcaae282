"""Every text of the report in Korean, by its English; a module for a few sections each.

Written for a reader who learns: short sentences, and the terms of Korean courses. Values stand as
`%(name)s`; a particle that depends on one is written as `은(는)` and chosen by noonbit/language.py.
What the rest of noonbit says is in engine_korean.py.
"""

from collections.abc import Mapping

from noonbit.report.korean.answers import ANSWERS
from noonbit.report.korean.setup import SETUP
from noonbit.report.korean.training import TRAINING
from noonbit.report.korean.use import USE
from noonbit.report.korean.words import WORDS

KOREAN: Mapping[str, str] = {**SETUP, **TRAINING, **ANSWERS, **USE, **WORDS}
