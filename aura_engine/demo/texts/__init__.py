"""Texts of the demo population: a finite pool of Spanish chat, written for this project.

The pool is **never training material**. Language models of this project are trained on other
sentences, so that the demo shows how they read texts they have not seen; a test compares
:attr:`TextPool.texts` with every training file.
"""

from __future__ import annotations

from aura_engine.demo.texts.pool import RENDERINGS_PER_TONE, TextPool
from aura_engine.demo.texts.tones import Kind, Tone

__all__ = ["RENDERINGS_PER_TONE", "Kind", "TextPool", "Tone"]
