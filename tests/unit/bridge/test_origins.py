"""Which web pages may read: named one by one, never all."""

from __future__ import annotations

import pytest

from aura_engine.errors import SettingsError
from aura_engine.settings import Settings


def origins(text: str) -> tuple[str, ...]:
    return Settings.load({"AURA_CORS_ORIGINS": text}).cors_origins


def test_without_the_setting_no_page_may_read() -> None:
    assert Settings.load({}).cors_origins == ()


def test_origins_are_separated_by_commas_and_written_as_browsers_do() -> None:
    found = origins("https://Admin.example/, http://localhost:3000,http://[::1]:3000")
    assert found == ("https://admin.example", "http://localhost:3000", "http://[::1]:3000")


def test_the_environment_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_CORS_ORIGINS", "https://a.example,https://b.example")
    assert Settings.load().cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize("text", ["*", "https://*.example", "https://a.example,*"])
def test_all_pages_at_once_are_refused_with_the_reason(text: str) -> None:
    with pytest.raises(SettingsError, match=r"AURA_CORS_ORIGINS.*cualquier página"):
        origins(text)


@pytest.mark.parametrize(
    "text",
    ["null", "a.example", "https://a.example/app", "ftp://a.example", "https://a,,https://b", "https://u:p@a.example"],
)  # fmt: skip
def test_what_is_no_origin_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match="AURA_CORS_ORIGINS") as caught:
        origins(text)
    assert text not in str(caught.value)
