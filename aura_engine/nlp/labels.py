"""Which output of a classifier is the negative class: by the labels' names, never by position."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aura_engine.errors import ModelError
from aura_engine.i18n import t

NEGATIVE_NAMES: Final = frozenset({"negative", "neg", "negativo"})
_NAMELESS: Final = re.compile(r"label_\d+", re.IGNORECASE)


def negative_index(labels: Mapping[int, str], configured: str | None, model: str) -> int:
    """Return the position of the negative class.

    Parameters
    ----------
    labels : mapping of int to str
        The model's ``id2label``.
    configured : str or None
        ``AURA_NLP_NEGATIVE_LABEL``; looked at only if all labels are called ``LABEL_n``.
    model : str
        Name of the model, for the error.

    Raises
    ------
    ModelError
        If there are fewer than two classes, or not exactly one is the negative one.
    """
    shown = ", ".join(str(labels[place]) for place in sorted(labels))
    if len(labels) < 2:
        raise ModelError(t("nlp.not_a_classifier", model=model, labels=shown))
    names = {place: str(label).strip().casefold() for place, label in labels.items()}
    if all(_NAMELESS.fullmatch(name) for name in names.values()):
        if configured is None:
            raise ModelError(t("nlp.labels_nameless", model=model, labels=shown))
        wanted = frozenset({configured.strip().casefold()})
    else:
        wanted = NEGATIVE_NAMES
    found = [place for place, name in names.items() if name in wanted]
    if len(found) != 1:
        key = "nlp.labels_unknown" if wanted == NEGATIVE_NAMES else "nlp.label_not_there"
        raise ModelError(t(key, model=model, labels=shown, configured=configured))
    return found[0]
