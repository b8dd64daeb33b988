"""The finite pool of texts that the demo population writes. Never train a model on it."""

from __future__ import annotations

import math
from collections import Counter
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.texts.dice import Dice
from aura_engine.demo.texts.frames import Frame, fill_slot, load_frames
from aura_engine.demo.texts.surface import roughen
from aura_engine.demo.texts.tones import Kind, Tone
from aura_engine.demo.texts.trained import is_trained

RENDERINGS_PER_TONE: Final = MappingProxyType(
    {
        Tone.EVERYDAY: 6500,
        Tone.CHEERFUL: 4000,
        Tone.AFFECTIONATE: 2000,
        Tone.ANNOYED: 2000,
        Tone.LONELY: 1600,
        Tone.WITHDRAWN: 1000,
        Tone.DISTRESS: 1900,
        Tone.NIGHT: 1200,
        Tone.NEWCOMER: 300,
    }
)
"""How many distinct texts each tone has where there are `PEOPLE_OF_A_WHOLE_POOL`; 20,500 in all."""

PEOPLE_OF_A_WHOLE_POOL: Final = 1000
"""Fewer people write fewer distinct texts, which the language model reads sooner."""

MENTION_RATE: Final = 0.15
SURFACES_PER_SENTENCE: Final = 8
"""In how many spellings one and the same sentence may occur."""

_ATTEMPTS: Final = 30


class TextPool:
    """Distinct renderings of several hundred sentence frames, some 20,000 for a thousand people.

    For the demo only, and never to be trained on: the demo is where the language model
    meets sentences it has not seen. No text is a near copy of a line that the shipped model was
    trained on.

    Parameters
    ----------
    seed : int
        Non-negative seed. Equal arguments give equal pools in every process.
    people : int, default PEOPLE_OF_A_WHOLE_POOL
        How many write.

    Attributes
    ----------
    texts : tuple of str
        All renderings, distinct even without regard to case, tone by tone.
    frames : tuple of Frame
        Every sentence frame, in the order that ``frame_of`` counts.
    frame_of : ndarray of int64, shape (len(texts),)
        Position in ``frames`` of the frame behind each text.
    """

    def __init__(self, seed: int, people: int = PEOPLE_OF_A_WHOLE_POOL) -> None:
        share = min(1.0, people / PEOPLE_OF_A_WHOLE_POOL)
        self.frames: tuple[Frame, ...] = tuple(f for tone in Tone for f in load_frames(tone))
        printer = _Printer(self.frames, Dice(seed))
        renderings: list[tuple[int, str]] = []
        for tone, wanted in RENDERINGS_PER_TONE.items():
            own = [at for at, frame in enumerate(self.frames) if frame.tone is tone]
            # Each frame at least once, so that every mood can be written everywhere.
            renderings += printer.spread(own, max(math.ceil(share * wanted), len(own)))
        self.texts: tuple[str, ...] = tuple(text for _, text in renderings)
        self.frame_of: npt.NDArray[np.int64] = np.array([at for at, _ in renderings], np.int64)

    def __len__(self) -> int:
        return len(self.texts)

    def indices(self, tone: Tone, kind: Kind | None = None) -> npt.NDArray[np.int64]:
        """Return the positions in ``texts`` that fit a mood and a place.

        Parameters
        ----------
        tone : Tone
            Mood of the texts.
        kind : Kind, optional
            Where the text is written; any place by default.

        Returns
        -------
        ndarray of int64, ascending
        """
        fits = [f.tone is tone and (kind is None or kind in f.kinds) for f in self.frames]
        return np.flatnonzero(np.array(fits)[self.frame_of])


class _Printer:
    """Renders frames and remembers what has been rendered."""

    def __init__(self, frames: tuple[Frame, ...], dice: Dice) -> None:
        self._frames = frames
        self._dice = dice
        self._seen: set[str] = set()
        self._surfaces: Counter[str] = Counter()

    def spread(self, own: list[int], wanted: int) -> list[tuple[int, str]]:
        """Take turns over the frames, so that one rich in slots does not crowd out the rest."""
        made: list[tuple[int, str]] = []
        taken: Counter[int] = Counter()
        while own and len(made) < wanted:
            fruitful = []
            for at in own:
                if len(made) == wanted:
                    break
                text = self._unseen(self._frames[at])
                if text is not None:
                    made.append((at, text))
                    taken[at] += 1
                    if taken[at] != self._frames[at].limit:
                        fruitful.append(at)
            own = fruitful
        return sorted(made, key=lambda rendering: rendering[0])

    def _unseen(self, frame: Frame) -> str | None:
        for _ in range(_ATTEMPTS):
            sentence = frame.fill(self._dice)
            if self._surfaces[sentence] == SURFACES_PER_SENTENCE:
                continue
            text = sentence if frame.wordless else self._type(sentence, frame)
            key = text.casefold()
            if key not in self._seen and not is_trained(text):
                self._seen.add(key)
                self._surfaces[sentence] += 1
                return text
        return None

    def _type(self, sentence: str, frame: Frame) -> str:
        text = roughen(sentence, frame.tone, self._dice)
        if frame.kinds == {Kind.COMMENT} and "@" not in text and self._dice.chance(MENTION_RATE):
            return f"{fill_slot('arroba', self._dice)} {text}"
        return text
