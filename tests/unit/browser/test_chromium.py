"""How the browser tests find their browser."""

from __future__ import annotations

import pytest

from tests.browser.chromium import NoChromium, find_chromium, is_required


@pytest.fixture
def tools(tmp_path):
    def add(name: str, mode: int = 0o755) -> str:
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(mode)
        return str(program)

    return add


def test_a_chromium_on_the_path_is_found(tmp_path, tools):
    tools("google-chrome")
    assert find_chromium({"PATH": str(tmp_path)}) == str(tmp_path / "google-chrome")
    tools("chromium")
    assert find_chromium({"PATH": str(tmp_path)}) == str(tmp_path / "chromium")


def test_the_named_browser_wins_over_the_path(tmp_path, tools):
    tools("chromium")
    own = tools("my-browser")
    assert find_chromium({"PATH": str(tmp_path), "AURA_CHROMIUM": own}) == own


def test_a_named_browser_that_is_none_is_refused_by_name(tmp_path, tools):
    tools("chromium")
    plain = tools("notes.txt", mode=0o644)
    for wrong in (plain, str(tmp_path), str(tmp_path / "nothing")):
        with pytest.raises(NoChromium, match="AURA_CHROMIUM"):
            find_chromium({"PATH": str(tmp_path), "AURA_CHROMIUM": wrong})


def test_without_a_browser_the_reason_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(NoChromium, match=r"chromium.*PATH.*AURA_CHROMIUM"):
        find_chromium({"PATH": str(tmp_path)})


def test_a_missing_browser_fails_only_where_one_is_required():
    assert is_required({"AURA_REQUIRE_BROWSER": "1"})
    assert not is_required({"AURA_REQUIRE_BROWSER": "0"})
    assert not is_required({})
