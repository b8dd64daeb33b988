"""Sentence frames and the slots that fill them.

A frame is one line of ``frames/<tone>.toml``. Its grammar:

- ``{slot}`` is a filler from ``slots.toml``, the same one wherever the slot stands in the
  frame; ``{slot2}`` is a different filler of the same slot;
- ``[a|b|c]`` is a free choice, whose options may hold slots and genders;
- ``<cansado|cansada>`` follows the grammatical gender of whoever writes, one for the frame.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from aura_engine.demo.texts.dice import Dice
from aura_engine.demo.texts.tones import Kind, Tone

_GENDER: Final = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
_PIECE: Final = re.compile(r"(\[[^\[\]]*\]|\{[a-z_]+\d?\})")
_SLOT: Final = re.compile(r"\{([a-z_]+)(\d?)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a filler takes; ``ordinal`` tells two places of one slot apart."""

    name: str
    ordinal: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives of which a rendering takes one."""

    options: tuple[Pieces, ...]


Pieces = tuple["str | Slot | Choice", ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One sentence frame.

    Attributes
    ----------
    tone : Tone
        Mood of the sentence.
    kinds : frozenset of Kind
        Where the sentence may be written.
    source : str
        The frame as it stands in the data file.
    variants : tuple of Pieces
        The parsed frame, one for each grammatical gender if it has any.
    limit : int or None
        Most renderings the pool may take from this frame; None for no limit of its own.
    wordless : bool
        Whether the renderings hold no word, on purpose.
    """

    tone: Tone
    kinds: frozenset[Kind]
    source: str
    variants: tuple[Pieces, ...]
    limit: int | None
    wordless: bool

    def fill(self, dice: Dice) -> str:
        """Return one sentence of this frame, correctly spelled."""
        return _draw(dice.pick(self.variants), dice, {})


def read_table(name: str) -> dict[str, Any]:
    """Read one TOML data file of this package."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def load_slots() -> MappingProxyType[str, tuple[Pieces, ...]]:
    """Load the fillers of every slot, parsed (a filler may hold a slot itself)."""
    return MappingProxyType(
        {name: tuple(map(_parse, fillers)) for name, fillers in read_table("slots.toml").items()}
    )


@cache
def load_frames(tone: Tone) -> tuple[Frame, ...]:
    """Load the frames of one tone.

    Raises
    ------
    ValueError
        If a frame names a slot that does not exist.
    """
    return tuple(
        Frame(
            tone=tone,
            kinds=frozenset(map(Kind, group["kinds"])),
            source=source,
            variants=_variants(source),
            limit=group.get("limit"),
            wordless=group.get("wordless", False),
        )
        for group in read_table(f"frames/{tone}.toml")["group"]
        for source in group["frames"]
    )


def fill_slot(name: str, dice: Dice) -> str:
    """Return one filler of a slot."""
    return _draw(dice.pick(load_slots()[name]), dice, {})


def _variants(source: str) -> tuple[Pieces, ...]:
    unknown = {name for name, _ in _SLOT.findall(source)} - load_slots().keys()
    if unknown:
        raise ValueError(f"unknown slots {sorted(unknown)} in frame {source!r}")
    by_gender = dict.fromkeys(_GENDER.sub(replacement, source) for replacement in (r"\1", r"\2"))
    return tuple(map(_parse, by_gender))


def _parse(text: str) -> Pieces:
    return tuple(_piece(part) for part in _PIECE.split(text) if part)


def _piece(part: str) -> str | Slot | Choice:
    if part.startswith("["):
        return Choice(tuple(map(_parse, part[1:-1].split("|"))))
    slot = _SLOT.fullmatch(part)
    return Slot(slot[1], slot[2]) if slot else part


def _draw(pieces: Pieces, dice: Dice, drawn: dict[Slot, str]) -> str:
    words = []
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        elif isinstance(piece, Choice):
            words.append(_draw(dice.pick(piece.options), dice, drawn))
        else:
            words.append(_filler(piece, dice, drawn))
    return "".join(words)


def _filler(slot: Slot, dice: Dice, drawn: dict[Slot, str]) -> str:
    while slot not in drawn:
        filler = fill_slot(slot.name, dice)
        if all(filler != other for taken, other in drawn.items() if taken.name == slot.name):
            drawn[slot] = filler
    return drawn[slot]
