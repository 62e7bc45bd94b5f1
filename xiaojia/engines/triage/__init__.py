"""Triage of what was heard: proposes up to three casekinds with reasons, or says that it does not know.

It never decides. Trained on a community's own confirmed records; nothing is downloaded or shipped.
Character 1-3-grams and a linear model (design, engines D), the title counted once more beside the body.
"""

from xiaojia.engines.triage.evaluate import Evaluation, evaluate
from xiaojia.engines.triage.model import Heard, Model, NotAModel, Suggestion, TooFew, train

__all__ = [
    "Evaluation",
    "Heard",
    "Model",
    "NotAModel",
    "Suggestion",
    "TooFew",
    "evaluate",
    "train",
]
