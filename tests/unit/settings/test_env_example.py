"""``.env.example`` names every setting, with its default and its meaning."""

from __future__ import annotations

import re
from pathlib import Path

from dotenv import dotenv_values

from aura_engine.settings import Settings, documented_variables

EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"
ENTRY = re.compile(r"^# ([A-Z_]+)=(.*)$", re.MULTILINE)


def plain(text: str) -> str:
    return " ".join(text.replace("`", "").replace("# ", "").split())


def test_the_example_names_exactly_the_documented_variables_in_their_order():
    names = [name for name, _ in ENTRY.findall(EXAMPLE.read_text(encoding="utf-8"))]
    assert names == list(documented_variables())


def test_the_example_states_every_default_and_meaning():
    content = EXAMPLE.read_text(encoding="utf-8")
    values = dict(ENTRY.findall(content))
    blocks = {
        ENTRY.findall(block)[0][0]: plain(block)
        for block in content.split("\n\n")
        if ENTRY.search(block)
    }
    for name, variable in documented_variables().items():
        assert plain(variable.meaning) in blocks[name]
        shown = plain(variable.default)
        assert values[name] == shown or f"Default: {shown}" in blocks[name]


def test_copied_as_it_is_the_example_changes_nothing():
    assert dotenv_values(EXAMPLE) == {}


def test_with_its_defaults_uncommented_the_example_equals_the_defaults(tmp_path):
    uncommented = tmp_path / ".env"
    uncommented.write_text(ENTRY.sub(r"\1=\2", EXAMPLE.read_text(encoding="utf-8")))
    given = {name: value or "" for name, value in dotenv_values(uncommented).items()}
    assert Settings.load(given).model_dump() == Settings.load({}).model_dump()
