"""Keep progress bars and advice of third parties off the terminal; errors are raised or logged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_hub() -> Iterator[None]:
    """Silence the hub's client: its retries and its bars."""
    from huggingface_hub import utils

    controls: Any = utils  # re-exports without saying so
    verbosity = controls.logging.get_verbosity()
    bars = not controls.are_progress_bars_disabled()
    controls.logging.set_verbosity(controls.logging.CRITICAL)
    controls.disable_progress_bars()
    try:
        yield
    finally:
        controls.logging.set_verbosity(verbosity)
        if bars:
            controls.enable_progress_bars()


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence transformers while a model is loaded."""
    from transformers.utils import logging

    controls: Any = logging  # partly untyped
    verbosity, bars = controls.get_verbosity(), controls.is_progress_bar_enabled()
    controls.set_verbosity(controls.CRITICAL)
    controls.disable_progress_bar()
    try:
        yield
    finally:
        controls.set_verbosity(verbosity)
        if bars:
            controls.enable_progress_bar()
