"""The pool of demo texts: size, variety, determinism, decency."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import aura_engine
from aura_engine.demo.texts import RENDERINGS_PER_TONE, Kind, TextPool, Tone
from aura_engine.demo.texts.pool import SURFACES_PER_SENTENCE
from tests.counting import calls

SEED = 11
LONGEST = 160
METHOD_WORDS = (
    "suicid", "matarme", "quitarme la vida", "autoles", "cortarme", "navaja", "cuchill", "cutter",
    "pastilla", "sobredosis", "veneno", "soga", "ahorc", "colgarme", "pistola", "azotea",
    "aventarme", "saltar de", "vias del", "sangre", "cicatri",
)  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> TextPool:
    return TextPool(SEED)


@pytest.fixture(scope="module")
def everything(pool: TextPool) -> str:
    return _plain("\n".join(pool.texts))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _digest(pool: TextPool) -> str:
    return hashlib.sha256("\n".join(pool.texts).encode()).hexdigest()


def test_the_pool_holds_about_twenty_thousand_texts(pool: TextPool) -> None:
    assert 19_000 <= len(pool) <= 21_000
    assert len(pool) == len(pool.texts) == len(pool.frame_of)


def test_no_two_texts_are_equal_even_without_regard_to_case(pool: TextPool) -> None:
    assert len({text.casefold() for text in pool.texts}) == len(pool)


@pytest.mark.parametrize("tone", Tone)
def test_every_tone_has_as_many_texts_as_it_declares(pool: TextPool, tone: Tone) -> None:
    assert len(pool.indices(tone)) == RENDERINGS_PER_TONE[tone]


@pytest.mark.parametrize("tone", Tone)
@pytest.mark.parametrize("kind", Kind)
def test_every_mood_can_be_written_everywhere(pool: TextPool, tone: Tone, kind: Kind) -> None:
    at = pool.indices(tone, kind)
    assert at.dtype == np.int64
    assert len(at) >= 50
    assert (np.diff(at) > 0).all()
    assert all(kind in pool.frames[f].kinds for f in pool.frame_of[at])


def test_the_tones_share_the_pool_out_without_overlap(pool: TextPool) -> None:
    together = np.concatenate([pool.indices(tone) for tone in Tone])
    assert np.array_equal(np.sort(together), np.arange(len(pool)))


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_builds_the_same_pool(pool: TextPool, hash_seed: str) -> None:
    script = (
        "import hashlib; from aura_engine.demo.texts import TextPool;"
        f"print(hashlib.sha256('\\n'.join(TextPool({SEED}).texts).encode()).hexdigest())"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(aura_engine.__file__).parents[1],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == _digest(pool)


def test_another_seed_builds_another_pool_of_the_same_size(pool: TextPool) -> None:
    other = TextPool(SEED + 1)
    assert len(other) == len(pool)
    assert len(set(other.texts) - set(pool.texts)) > len(pool) / 4


@pytest.mark.parametrize("people", [20, 150])
def test_fewer_people_write_fewer_texts_in_every_mood_and_place(
    pool: TextPool, people: int
) -> None:
    small = TextPool(SEED, people)
    assert len(small) <= max(len(pool.frames) + len(Tone), 0.16 * len(pool))
    assert len(set(small.frame_of.tolist())) == len(pool.frames)
    for tone in Tone:
        for kind in Kind:
            assert len(small.indices(tone, kind)) > 0, (tone, kind)


def test_no_more_people_write_more_than_the_whole_pool(pool: TextPool) -> None:
    assert TextPool(SEED, 5000).texts == pool.texts


def test_the_pool_is_built_in_a_moment() -> None:
    """It takes 5.1 million calls, about 250 a text, most of them draws."""
    assert calls(lambda: TextPool(SEED)) < 7_000_000


def test_no_frame_dominates_its_tone(pool: TextPool) -> None:
    """A frame gets at most half as much again as an equal share of its tone."""
    for tone in Tone:
        shares = Counter(pool.frame_of[pool.indices(tone)].tolist())
        frames = sum(frame.tone is tone for frame in pool.frames)
        assert len(shares) == frames, tone
        assert max(shares.values()) <= 1.5 * RENDERINGS_PER_TONE[tone] / frames, tone


def test_a_sentence_is_not_respelled_without_end(pool: TextPool) -> None:
    """The poorest frames, without a slot or choice, give no more than the bound."""
    counts = Counter(pool.frame_of.tolist())
    plain = [i for i, f in enumerate(pool.frames) if not re.search(r"[\[{<]", f.source)]
    assert plain
    assert all(counts[i] <= SURFACES_PER_SENTENCE for i in plain)


def test_no_trace_of_the_frame_grammar_is_left(pool: TextPool) -> None:
    # "<3" is a heart that people type.
    leftovers = [t for t in pool.texts if re.search(r"[{}\[\]|>]|<(?!3)", t)]
    assert leftovers == []


def test_texts_are_as_long_as_chat_is(pool: TextPool) -> None:
    lengths = np.array([len(text) for text in pool.texts])
    assert lengths.min() >= 1
    assert lengths.max() <= LONGEST
    assert 30 <= lengths.mean() <= 70


def test_texts_are_clean_at_the_edges(pool: TextPool) -> None:
    assert all(text == text.strip() and "  " not in text for text in pool.texts)


def test_about_a_hundred_texts_have_no_word_on_purpose(pool: TextPool) -> None:
    wordless = [i for i, text in enumerate(pool.texts) if not any(map(str.isalnum, text))]
    assert 60 <= len(wordless) <= 140
    assert all(pool.frames[pool.frame_of[i]].wordless for i in wordless)


@pytest.mark.parametrize("word", METHOD_WORDS)
def test_no_text_names_a_method_of_self_harm(everything: str, word: str) -> None:
    assert [line for line in everything.splitlines() if word in line] == []


def test_links_lead_nowhere(pool: TextPool) -> None:
    links = [link for text in pool.texts for link in re.findall(r"https?://([^/\s]+)", text)]
    assert links
    assert all(host.endswith(".example") for host in links)


def test_the_pool_has_the_traits_of_chat(pool: TextPool) -> None:
    share = {
        name: np.mean([bool(re.search(pattern, text)) for text in pool.texts])
        for name, pattern in {
            "mention": r"@\w",
            "stretched": r"([aeiou])\1{2,}",
            "accent": r"[áéíóú]",
            "emoji": r"[\U0001F300-\U0001FAFF]",
            "shortened": r"(?<!\w)(xq|pq|tmb|q|k|x|d|tqm|ntp|porfa|toy)(?!\w)",
        }.items()
    }
    assert 0.08 < share["mention"] < 0.4
    assert 0.02 < share["stretched"] < 0.2
    assert 0.2 < share["accent"] < 0.7
    assert 0.15 < share["emoji"] < 0.6
    assert 0.05 < share["shortened"] < 0.4
