"""Training stops at a file that is not the one the shipped model was trained on."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from training import inputs
from training.corpora import XED_FILES
from training.inputs import CHECKSUMS, OtherInput, check_inputs

README = Path(inputs.__file__).with_name("README.md")


def test_the_table_of_the_readme_has_the_same_checksums() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", README.read_text(encoding="utf-8"), re.M
    )
    assert dict(rows) == CHECKSUMS
    assert len(rows) == len(CHECKSUMS)


def test_every_file_of_xed_and_the_base_are_among_them() -> None:
    assert set(CHECKSUMS) == {*XED_FILES, "e5-small-q4.bin", "tokenizer.json"}


def test_another_file_or_none_is_named(tmp_path: Path) -> None:
    right, wrong = tmp_path / "neu_en.txt", tmp_path / "pairs-es.txt"
    right.write_text("a")
    wrong.write_text("b")
    expected = {path.name: hashlib.sha256(b"a").hexdigest() for path in (right, wrong)}
    check_inputs([right], expected)
    with pytest.raises(OtherInput, match=r"pairs-es\.txt.*--other-inputs"):
        check_inputs([right, wrong], expected)
    with pytest.raises(OtherInput, match=r"none\.txt is not there"):
        check_inputs([tmp_path / "none.txt"], expected)
    with pytest.raises(OtherInput, match=r"neu_en\.txt"):
        check_inputs([right])
