"""Run a classifier with torch, on the CPU, CUDA or MPS."""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from aura_engine.logs import get_logger
from aura_engine.nlp.backend import Logits, OutOfMemory

log = get_logger(__name__)

CPU_TOKENS_AT_ONCE: Final = 4096
ACCELERATOR_TOKENS_AT_ONCE: Final = 65536


class TorchBackend:
    """A torch module that takes ``input_ids`` and ``attention_mask``.

    Parameters
    ----------
    model : torch.nn.Module
        On the CPU, in float32, in which it stays: what runs elsewhere, or in other numbers, is a
        copy. Returns logits, or an object that has them.
    device : torch.device or None
        None means CUDA where there is one, else MPS, else the CPU.
    dtype : torch.dtype or None
        Numbers it computes in; None means what the device computes fastest with.

    Raises
    ------
    OutOfMemory
        If the device has no room for the model.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.device = device or best_device()
        self.dtype = dtype or best_dtype(self.device)
        on_cpu = self.device.type == "cpu"
        if not on_cpu or self.dtype is not torch.float32:
            model = copy.deepcopy(model)
        try:
            self._model: Any = model.eval().to(device=self.device, dtype=self.dtype)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory from error
        kind = str(self.dtype).removeprefix("torch.")
        self.name = f"torch-{self.device.type}-{kind}"
        self.tokens_at_once = CPU_TOKENS_AT_ONCE if on_cpu else ACCELERATOR_TOKENS_AT_ONCE

    def logits(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        """Return the linear scores of each class; see `aura_engine.nlp.backend.Backend`."""
        try:
            with torch.inference_mode():
                found = self._model(input_ids=self._placed(ids), attention_mask=self._placed(mask))
                logits = getattr(found, "logits", found)
                return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)
        except (
            RuntimeError
        ) as error:  # torch.OutOfMemoryError is one; MPS knows no class of its own
            if "out of memory" not in str(error).lower():
                raise
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            raise OutOfMemory from error

    def _placed(self, numbers: NDArray[np.int64]) -> torch.Tensor:
        tensor = torch.from_numpy(numbers)
        if self.device.type == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)


def best_device() -> torch.device:
    """Return CUDA where there is one, else MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def best_dtype(device: torch.device) -> torch.dtype:
    """Return the numbers a device computes fastest with at enough precision.

    On CPUs that is float32: half the bits are emulated on most of them.
    """
    if device.type == "cpu":
        return torch.float32
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float16
