"""Choose what runs a classifier: the fastest of a short probe among what works here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.logs import get_logger
from aura_engine.nlp.backend import Backend, OutOfMemory
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.probe import PROBE_TEXTS

log = get_logger(__name__)

Builders = Mapping[str, Callable[[], Backend]]

_TIMES_OVER: Final = 4
_NONE: Final[Builders] = MappingProxyType({})


def fastest(
    candidates: Builders, encoder: TextEncoder, model: str, spare: Builders = _NONE
) -> Backend:
    """Build each candidate, measure it on the same texts, and return the fastest.

    One that has no rival only shows that it works: whoever loads the model waits for it.

    Parameters
    ----------
    candidates : mapping of str to callable
        Builders by library, at least one. One that cannot be built, or cannot read the texts,
        is left out with a warning.
    encoder : TextEncoder
        Of the model.
    model : str
        Its name, for the log.
    spare : mapping of str to callable
        Builders that are asked only if no candidate works.

    Raises
    ------
    ModelError
        If none works.
    """
    built: dict[float, Backend] = {}
    failures: list[Exception] = []
    for builders in (candidates, spare):
        for library, build in builders.items():
            try:
                backend = build()
                rate = texts_per_second(backend, encoder, is_alone=len(builders) == 1)
                built[rate] = backend
            # Drivers, torch and ONNX Runtime fail in ways of their own; another one may work.
            except Exception as error:  # noqa: BLE001
                failures.append(error)
                reason = _reason(error)
                log.warning("nlp.backend_left_out", model=model, library=library, reason=reason)
        if built:
            break
    else:
        raise _nothing_works(failures[-1], model) from failures[-1]
    chosen = built[max(built)]
    speeds = {backend.name: round(speed, 1) for speed, backend in built.items()}
    log.info("nlp.backend_chosen", model=model, backend=chosen.name, texts_per_s=speeds)
    return chosen


def _nothing_works(last: Exception, model: str) -> ModelError:
    key = "nlp.row_failed" if isinstance(last, OutOfMemory) else "nlp.nothing_works"
    message = (
        str(last) if isinstance(last, ModelError) else t(key, model=model, reason=_reason(last))
    )
    return ModelError(message)


def _reason(error: Exception) -> str:
    if isinstance(error, ModelError):
        return str(error)
    return f"{type(error).__name__}: {error}".split("\n", 1)[0].removesuffix(": ")[:300]


def texts_per_second(backend: Backend, encoder: TextEncoder, *, is_alone: bool) -> float:
    """Return how many short texts a second a backend reads, after one batch to warm up.

    Parameters
    ----------
    backend : Backend
        Reads them.
    encoder : TextEncoder
        Of the model.
    is_alone : bool
        There is nothing to choose: a few texts, read once, show that it works.
    """
    texts = PROBE_TEXTS * (1 if is_alone else _TIMES_OVER)
    pieces = encoder.pieces(texts)
    ids, mask = encoder.padded(sorted(pieces, key=lambda piece: len(piece.tokens)))
    if not is_alone:
        backend.logits(ids, mask)
    started = time.perf_counter()
    backend.logits(ids, mask)
    return len(texts) / max(time.perf_counter() - started, 1e-9)
