from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aura_engine.nlp.batching import token_budget_batches
from aura_engine.nlp.splitting import piece_bounds


@given(st.lists(st.integers(0, 600), max_size=80), st.integers(1, 2000), st.integers(1, 50))
def test_every_sequence_is_in_one_batch_and_no_batch_is_over_its_budget(
    lengths: list[int], budget: int, most_rows: int
) -> None:
    batches = list(token_budget_batches(lengths, budget, most_rows))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = max(lengths[position] for position in batch) * len(batch)
        assert len(batch) <= most_rows
        assert padded <= budget or len(batch) == 1


def words_of(text: str) -> list[tuple[int, int]]:
    offsets, place = [], 0
    for word in text.split(" "):
        offsets.append((place, place + len(word)))
        place += len(word) + 1
    return offsets


def pieces_of(text: str, room: int) -> list[str]:
    offsets = words_of(text)
    return [text[offsets[a][0] : offsets[b - 1][1]] for a, b in piece_bounds(text, offsets, room)]


def test_pieces_end_where_sentences_end() -> None:
    text = "uno dos. tres cuatro cinco. seis siete! ocho"
    assert pieces_of(text, 5) == ["uno dos. tres cuatro cinco.", "seis siete! ocho"]
    assert pieces_of(text, 4) == ["uno dos.", "tres cuatro cinco.", "seis siete! ocho"]


def test_a_sentence_longer_than_the_room_is_cut_between_words() -> None:
    text = "uno dos tres cuatro"
    # Tokens of three letters or fewer; "tres" and "cuatro" are two tokens each.
    offsets = [(0, 3), (4, 7), (8, 11), (11, 12), (13, 16), (16, 19)]
    assert piece_bounds(text, offsets, 3) == [(0, 2), (2, 4), (4, 6)]


def test_a_word_longer_than_the_room_is_cut_at_the_room() -> None:
    assert piece_bounds("x" * 7, [(n, n + 1) for n in range(7)], 3) == [(0, 3), (3, 6), (6, 7)]


@given(st.text(alphabet="ab .!\n", min_size=1, max_size=60), st.integers(1, 9))
def test_pieces_cover_the_text_in_order_within_the_room(text: str, room: int) -> None:
    offsets = [(n, n + 1) for n in range(len(text)) if not text[n].isspace()]
    bounds = piece_bounds(text, offsets, room)
    assert [place for a, b in bounds for place in range(a, b)] == list(range(len(offsets)))
    assert all(b - a <= room for a, b in bounds)
