"""README's claims are true: its settings table, its commands, its files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from aura_cli import app as cli
from aura_engine.settings import documented_variables

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "README.md"
TABLE = re.compile(r"<!-- settings -->\n(.*?)<!-- /settings -->", re.DOTALL)
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)|(?:src|srcset|href)=\"([^\"#:]+)\"")
NO_DEFAULT = "–"


def documents() -> list[Path]:
    return [README, ROOT / "CONTRIBUTING.md"]


def commands(document: Path) -> set[tuple[str, ...]]:
    """Every ``./aura …`` of the code blocks, as far as the words that name the verb."""
    found = set()
    for block in CODE_BLOCK.findall(document.read_text(encoding="utf-8")):
        for line in block.splitlines():
            _, called, rest = line.partition("./aura")
            if called and (not rest or rest[0] == " "):
                found.add(verb_of(shlex.split(rest, comments=True)))
    return found


def verb_of(words: list[str]) -> tuple[str, ...]:
    named = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*", word) or len(named) == 2:
            break
        named.append(word)
    return tuple(named if named[:1] in (["db"], ["run"]) else named[:1])


def options_of(document: Path) -> set[tuple[tuple[str, ...], str]]:
    found = set()
    for block in CODE_BLOCK.findall(document.read_text(encoding="utf-8")):
        for line in block.splitlines():
            _, called, rest = line.partition("./aura ")
            words = shlex.split(rest, comments=True) if called else []
            if words and words[0] != "test":  # what follows test is pytest's
                found |= {(verb_of(words), word) for word in words if word.startswith("--")}
    return found


def test_the_settings_table_equals_the_settings():
    (table,) = TABLE.findall(README.read_text(encoding="utf-8"))
    written = ROW.findall(table)
    documented = [
        (variable.name, variable.default or NO_DEFAULT, variable.meaning)
        for variable in documented_variables().values()
    ]
    assert written == documented


def test_the_two_commands_are_shown():
    assert {("demo",), ("test",)} <= commands(README)


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_command_that_a_document_shows_exists(document, capsys):
    for words in sorted(commands(document)):
        assert cli.main([*words, "--help"]) == 0, words
        assert f"Usage: {' '.join(['./aura', *words])} " in capsys.readouterr().out


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_option_that_a_document_shows_exists(document, capsys):
    for words, option in sorted(options_of(document)):
        assert cli.main([*words, "--help"]) == 0
        assert re.search(rf"{option.partition('=')[0]}\b", capsys.readouterr().out), (words, option)


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_file_that_a_document_links_to_exists(document):
    targets = [one or other for one, other in LINK.findall(document.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_a_verb_is_read_as_far_as_it_goes():
    assert verb_of(["demo", "--once"]) == ("demo",)
    assert verb_of(["run", "full", "--x"]) == ("run", "full")
    assert verb_of(["bench", "faults"]) == ("bench",)
    assert verb_of([]) == ()
