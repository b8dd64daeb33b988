"""README's claims are true: its settings table, its commands, its files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from aura_cli import app as cli
from aura_engine.settings import documented_variables

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "README.md"
SPANISH = ROOT / "README.es.md"
TABLE = re.compile(r"<!-- settings -->\n(.*?)<!-- /settings -->", re.DOTALL)
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)|(?:src|srcset|href)=\"([^\"#:]+)\"")
NO_DEFAULT = "–"


def documents() -> list[Path]:
    return [README, SPANISH, ROOT / "CONTRIBUTING.md"]


def calls(document: Path) -> Iterator[list[str]]:
    """The words after each ``./aura`` of the code blocks and of code within lines."""
    content = document.read_text(encoding="utf-8")
    lines = [line for block in CODE_BLOCK.findall(content) for line in block.splitlines()]
    lines += INLINE_CODE.findall(CODE_BLOCK.sub("", content))
    for line in lines:
        before, called, rest = line.partition("./aura")
        if called and not before.strip(" $") and (not rest or rest[0] == " "):
            yield shlex.split(rest, comments=True)


def commands(document: Path) -> set[tuple[str, ...]]:
    """Every verb that a document shows."""
    return {verb_of(words) for words in calls(document)}


def verb_of(words: list[str]) -> tuple[str, ...]:
    named = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*", word) or len(named) == 2:
            break
        named.append(word)
    return tuple(named if named[:1] in (["db"], ["run"], ["sources"], ["users"]) else named[:1])


def options_of(document: Path) -> set[tuple[tuple[str, ...], str]]:
    """Every option that a document shows with its verb; what follows test is pytest's."""
    return {
        (verb_of(words), word.partition("=")[0])
        for words in calls(document)
        for word in words
        if words[0] != "test" and word.startswith("--")
    }


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
        assert re.search(rf"{option}\b", capsys.readouterr().out), (words, option)


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_file_that_a_document_links_to_exists(document):
    targets = [one or other for one, other in LINK.findall(document.read_text(encoding="utf-8"))]
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_a_verb_is_read_as_far_as_it_goes():
    assert verb_of(["demo", "--once"]) == ("demo",)
    assert verb_of(["run", "full", "--x"]) == ("run", "full")
    assert verb_of(["sources", "check"]) == ("sources", "check")
    assert verb_of(["bench", "faults"]) == ("bench",)
    assert verb_of([]) == ()


def test_no_verb_is_said_to_be_still_to_come():
    assert "| Still to come. |" not in README.read_text("utf-8")
