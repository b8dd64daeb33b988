"""Run a classifier with ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from aura_engine.errors import ModelError
from aura_engine.i18n import t
from aura_engine.nlp.backend import Logits, OutOfMemory
from aura_engine.nlp.processors import usable_cores

Numbers = Literal["int8", "float32"]

TOKENS_AT_ONCE: Final = 2048
_OUT_OF_MEMORY: Final = ("bad_alloc", "Failed to allocate")
_ERRORS_ONLY: Final = 3


class OnnxBackend:
    """A graph with inputs ``input_ids`` and ``attention_mask``.

    Where matrices are multiplied in 8 bits, what goes into one is rounded by the range of the whole
    batch, so that a text's score depends a little (within 0.02) on those beside it.

    Parameters
    ----------
    path : Path
        The graph.
    model : str
        Name of the model, for the error.
    numbers : {"int8", "float32"}
        In what the graph multiplies.

    Raises
    ------
    ModelError
        If ONNX Runtime cannot read the graph or its weights.
    """

    tokens_at_once: Final = TOKENS_AT_ONCE

    def __init__(self, path: Path, model: str, numbers: Numbers) -> None:
        self.name = f"onnx-cpu-{numbers}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_cores()
        options.log_severity_level = _ERRORS_ONLY
        # Waiting threads would otherwise take the cores from the database and the pages.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        # The library's errors are bare classes of its binding, by kind of failure.
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".split("\n", 1)[0][:300]
            raise ModelError(t("nlp.model_broken", model=model, reason=reason)) from error

    def logits(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        """Return the linear scores of each class; see `aura_engine.nlp.backend.Backend`."""
        try:
            (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        except Exception as error:
            if any(sign in str(error) for sign in _OUT_OF_MEMORY):
                raise OutOfMemory from error
            raise
        return np.asarray(logits, dtype=np.float32)
