from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

from training.vocabulary import pruned

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
LETTERS = "abdehlmnostuy"
WORDS = ["▁hola", "▁mundo", "▁buen", "os", "hol"]
FOREIGN = ["▁Straße", "привет", "▁шум", "ß"]
TEXTS = ["hola mundo", "hola hola", "buenos"]


def whole_tokenizer() -> Tokenizer:
    """A tokenizer of two languages whose special tokens are not its first."""
    pieces = [
        *((piece, -9.0) for piece in FOREIGN),
        *((token, 0.0) for token in SPECIAL),
        ("▁", -4.0),
        *((letter, -6.0) for letter in LETTERS),
        ("▁h", -6.5),
        *((word, -7.0) for word in WORDS),
        ("<mask>", 0.0),
    ]
    place = {piece: number for number, (piece, _) in enumerate(pieces)}
    tokenizer = Tokenizer(Unigram(pieces, unk_id=place["<unk>"]))
    tokenizer.pre_tokenizer = Metaspace()
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True) for token in [*SPECIAL, "<mask>"]]
    )
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(name, place[name]) for name in ("<s>", "</s>")]
    )
    return tokenizer


WHOLE = whole_tokenizer()
PRUNED = pruned(WHOLE.to_str(), TEXTS, LETTERS, 100)
READABLE = st.text(alphabet=f"{LETTERS} ", min_size=1, max_size=40)


def test_each_kept_piece_points_to_the_row_it_had() -> None:
    vocabulary = PRUNED.tokenizer.get_vocab()
    assert sorted(vocabulary.values()) == list(range(len(PRUNED.rows)))
    for piece, place in vocabulary.items():
        assert WHOLE.id_to_token(int(PRUNED.rows[place])) == piece


def test_spanish_pieces_and_letters_stay_and_other_languages_go() -> None:
    kept = set(PRUNED.tokenizer.get_vocab())
    assert {"▁hola", "▁mundo", "▁buen", "os", "▁", "▁h", *LETTERS, *SPECIAL} <= kept
    assert not kept & {*FOREIGN, "<mask>"}


def test_special_tokens_keep_their_meaning() -> None:
    tokenizer = PRUNED.tokenizer
    assert [tokenizer.token_to_id(token) for token in SPECIAL] == [0, 1, 2, 3]
    framed = tokenizer.encode("hola")
    assert framed.ids == [0, tokenizer.token_to_id("▁hola"), 2]
    assert framed.special_tokens_mask == [1, 0, 1]
    assert 3 in tokenizer.encode("hola ж").ids
    assert tokenizer.decode(framed.ids, skip_special_tokens=True).strip("▁ ") == "hola"


@given(READABLE)
def test_kept_letters_are_never_unknown(text: str) -> None:
    assert PRUNED.tokenizer.token_to_id("<unk>") not in PRUNED.tokenizer.encode(text).ids


@given(READABLE)
def test_kept_text_is_cut_as_by_the_whole_vocabulary(text: str) -> None:
    cut = PRUNED.tokenizer.encode(text, add_special_tokens=False)
    assert PRUNED.rows[cut.ids].tolist() == WHOLE.encode(text, add_special_tokens=False).ids


def test_the_least_frequent_pieces_go_when_there_are_too_many() -> None:
    least = len(SPECIAL) + len(LETTERS) + 2  # "▁" and "▁h" are letters too
    few = pruned(WHOLE.to_str(), TEXTS, LETTERS, least + 1)
    assert len(few.rows) == least + 1
    assert set(few.tokenizer.get_vocab()) - {*SPECIAL, *LETTERS, "▁", "▁h"} == {"▁hola"}
