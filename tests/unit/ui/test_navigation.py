"""Each page asks for the roles that the table gives it, before anything else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from aura_engine.store.access import ACCOUNT_ROLES, Role, Viewer
from aura_ui import navigation, roles
from aura_ui.navigation import PAGES, pages_for

ROOT = Path(__file__).resolve().parents[3]


def test_every_page_is_in_the_table_and_every_entry_is_a_page():
    assert {entry.file for entry in PAGES} == set((ROOT / "pages").glob("*.py"))


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
def test_a_pages_first_statement_is_its_guard(entry):
    statements = ast.parse(entry.file.read_text(encoding="utf-8")).body
    first = next(
        statement
        for statement in statements[1:]
        if not isinstance(statement, ast.Import | ast.ImportFrom)
    )
    assert isinstance(first, ast.Assign)
    call = first.value
    assert isinstance(call, ast.Call)
    assert ast.unparse(call.func) == "require_role"
    asked = getattr(roles, ast.unparse(call.args[0]))
    assert asked == entry.roles


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
def test_a_page_imports_nothing_that_reads_or_computes(entry):
    source = entry.file.read_text(encoding="utf-8")
    for forbidden in ("sqlalchemy", "sklearn", "aura_engine.sources", "aura_engine.ensemble"):
        assert forbidden not in source
    assert len(source.splitlines()) < 150


@pytest.mark.parametrize("role", ACCOUNT_ROLES, ids=str)
def test_pages_of_other_roles_have_an_address_and_no_link(
    monkeypatch: pytest.MonkeyPatch, role: Role
):
    monkeypatch.setattr(navigation.st, "Page", lambda _file, **told: told)
    pages = [page for group in pages_for(Viewer("x", role)).values() for page in group]
    assert {page["url_path"] for page in pages} == {entry.name for entry in PAGES}
    assert {page["url_path"] for page in pages if page["visibility"] == "visible"} == {
        entry.name for entry in PAGES if role in entry.roles
    }
    assert [page["url_path"] for page in pages if page["default"]] == [PAGES[0].name]
