"""Bring a text into the form that a model was trained on.

Sentiment models differ in what they saw: one learnt ``@usuario`` for every mention and emoji
spelt out in words, another saw raw text. Feeding a model another form than its own costs
accuracy and nothing warns about it, so each form is a named value here and every scorer
says which one it uses.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from aura_engine.nlp.emoji_names import EMOJI_NAMES

_MENTION: Final = re.compile(r"(?<![\w@.])@\w[\w.]*\w|(?<![\w@.])@\w")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HASHTAG: Final = re.compile(r"#(\w+)")
_LAUGHTER: Final = re.compile(r"\b(?:a?(?:j+[aeiou]+){2,}j*|(?:h+a+){2,}h*)\b", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")
_EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b05-\u2b55\u203c\u2049]"
    "[\ufe0f\u200d\U0001f3fb-\U0001f3ff\u2640\u2642]*"
)
_EMOJI_MODIFIER: Final = re.compile("[\ufe0f\u200d\U0001f3fb-\U0001f3ff]")


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a model expects its texts.

    Attributes
    ----------
    mention, link : str or None
        What stands for any ``@someone`` and any address; None leaves them as they are.
    max_repeats : int
        Longest run of one letter or mark that is kept (``holaaaa`` -> ``holaaa`` for 3).
    emoji : {"keep", "apart", "words"}
        Left in place; set apart by spaces, without skin tones; or replaced by their Spanish
        name between ``emoji_mark``. An emoji without a known name is set apart.
    emoji_mark : str
        Word put before and after a name with ``emoji="words"``.
    laughter : str or None
        What stands for ``jajajaja`` and its kin; None leaves them.
    hashtag : str or None
        Word put in place of ``#``; None leaves hashtags as they are.
    lower : bool
        Lower-case everything.
    """

    mention: str | None = None
    link: str | None = None
    max_repeats: int = 3
    emoji: Literal["keep", "apart", "words"] = "keep"
    emoji_mark: str = ""
    laughter: str | None = None
    hashtag: str | None = None
    lower: bool = False


GENERAL: Final = TextForm(mention="@usuario", link="URL")
"""For models whose card states no preparation: their casing, accents and emoji are kept."""

ROBERTUITO: Final = TextForm(
    mention="@usuario",
    link="url",
    emoji="words",
    emoji_mark="emoji",
    laughter="jaja",
    hashtag="hashtag ",
)
"""RoBERTuito and its kin (Pérez et al. 2022, section 3, "Preprocessing")."""

TWITTER_XLM: Final = TextForm(mention="@user", link="http")
"""XLM-T and the other models of Barbieri et al. 2022."""

MINI: Final = TextForm(
    mention="@usuario", link="url", max_repeats=2, emoji="apart", laughter="jaja", lower=True
)
"""The model that ships with the project, aura-es-mini."""

_FORMS_BY_NAME: Final = (
    ("robertuito", ROBERTUITO),
    ("pysentimiento", ROBERTUITO),
    ("twitter-xlm", TWITTER_XLM),
    ("xlm-t", TWITTER_XLM),
)


def form_for_model(name: str) -> TextForm:
    """Return the form that the model of this name was trained on; `GENERAL` if unknown."""
    lowered = name.lower()
    return next((form for part, form in _FORMS_BY_NAME if part in lowered), GENERAL)


def normalise(text: str, form: TextForm) -> str:
    """Return `text` in the form that a model expects.

    Unicode is composed (NFC), lone surrogates become ``?`` (tokenizers refuse them), control
    characters and runs of white space become one space. Line breaks survive as ``\\n``, since a
    long text is split there.

    Parameters
    ----------
    text : str
        What a person wrote.
    form : TextForm
        The model's form.

    Returns
    -------
    str
        Text without white space at its ends; empty if nothing is left.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    if form.link is not None:
        text = _LINK.sub(form.link, text)
    if form.mention is not None:
        text = _MENTION.sub(form.mention, text)
    if form.laughter is not None:
        text = _LAUGHTER.sub(form.laughter, text)
    if form.hashtag is not None:
        text = _HASHTAG.sub(rf"{form.hashtag}\1", text)
    if form.emoji != "keep":
        text = _EMOJI.sub(lambda found: _spelt(found.group(), form), text)
    text = _shortened(text, form.max_repeats)
    lines = (_SPACE.sub(" ", _printable(line)).strip() for line in text.splitlines())
    text = "\n".join(line for line in lines if line)
    return text.lower() if form.lower else text


def is_wordless(text: str) -> bool:
    """Tell whether nothing that its author put in words is left to judge.

    Mentions and links are addresses, not words: a text of only these, of digits, marks, or
    emoji holds no letter and has no negativity, which is not the same as a negativity of 0.
    """
    bare = _MENTION.sub(" ", _LINK.sub(" ", text))
    return not any(map(str.isalpha, bare))


def _spelt(emoji: str, form: TextForm) -> str:
    plain = _EMOJI_MODIFIER.sub("", emoji)
    name = EMOJI_NAMES.get(plain[:1]) if form.emoji == "words" else None
    if name is None:
        return f" {plain} "
    return f" {form.emoji_mark} {name} {form.emoji_mark} "


def _shortened(text: str, longest: int) -> str:
    return re.sub(rf"([^\W\d]|[!?¡¿.,])\1{{{longest},}}", lambda m: m.group(1) * longest, text)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\u200d" else " " for c in line)
