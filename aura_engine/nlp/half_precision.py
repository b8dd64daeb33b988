"""Use half the bits on an accelerator where that changes hardly any probability."""

from __future__ import annotations

import torch

from aura_engine.logs import get_logger
from aura_engine.nlp.classifier import Classes
from aura_engine.nlp.encoding import TextEncoder
from aura_engine.nlp.tolerance import TOLERANCE, probe_difference
from aura_engine.nlp.torch_backend import TorchBackend

log = get_logger(__name__)


def checked_torch_backend(
    model: torch.nn.Module,
    encoder: TextEncoder,
    classes: Classes,
    name: str,
    device: torch.device | None = None,
) -> TorchBackend:
    """Return a classifier on a device, in half the bits if `TOLERANCE` allows, else in float32.

    Parameters
    ----------
    model : torch.nn.Module
        On the CPU, in float32, in which it stays.
    encoder : TextEncoder
        Its tokenizer.
    classes : Classes
        How its outputs are read.
    name : str
        Of the model, for the log.
    device : torch.device or None
        None means the best there is.

    Raises
    ------
    OutOfMemory
        If the device has no room for the model or for the probe texts.
    """
    backend = TorchBackend(model, device)
    if backend.dtype is torch.float32:
        return backend
    exact = TorchBackend(model, torch.device("cpu"), torch.float32)
    difference = probe_difference(backend, exact, encoder, classes)
    if difference <= TOLERANCE:  # which NaN is not
        return backend
    log.warning(
        "nlp.half_precision_refused",
        model=name,
        backend=backend.name,
        max_abs_diff=round(difference, 4),
    )
    return TorchBackend(model, backend.device, torch.float32)
