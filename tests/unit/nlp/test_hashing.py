from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import multiprocessing.synchronize
import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from aura_engine.errors import SettingsError
from aura_engine.nlp import text_hmac, text_key


def test_a_fingerprint_is_hmac_sha_256_of_the_text() -> None:
    key = b"k" * 32
    expected = hmac.new(key, "mañana".encode(), hashlib.sha256).digest()
    assert text_hmac(key, "mañana") == expected
    assert text_hmac(b"q" * 32, "mañana") != expected
    assert text_hmac(key, "\ud83d") != text_hmac(key, "?")


def test_the_key_is_created_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    key = text_key(directory)
    file = directory / "text.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(key) == 64
    assert text_key(directory) == key
    assert [path.name for path in directory.iterdir()] == ["text.key"]
    assert text_key(tmp_path / "other") != key


def test_the_files_content_in_the_setting_gives_the_same_key(tmp_path: Path) -> None:
    key = text_key(tmp_path)
    content = (tmp_path / "text.key").read_text()
    assert text_key(tmp_path / "elsewhere", SecretStr(content)) == key
    assert not (tmp_path / "elsewhere").exists()


def _race(directory: Path, start: multiprocessing.synchronize.Barrier, out: Path) -> None:
    start.wait()
    out.write_bytes(text_key(directory))


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    outs = [tmp_path / f"key-{n}" for n in range(4)]
    processes = [
        context.Process(target=_race, args=(tmp_path / "data", barrier, out)) for out in outs
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert len({out.read_bytes() for out in outs}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    text_key(tmp_path)
    path = tmp_path / "text.key"
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        text_key(tmp_path)


def test_an_emptied_key_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "text.key"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    with pytest.raises(SettingsError, match="copia"):
        text_key(tmp_path)
    assert path.read_bytes() == b""


def test_a_short_key_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="AURA_TEXT_KEY") as refused:
        text_key(tmp_path, "short-secret")
    assert "short-secret" not in str(refused.value)


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SettingsError, match=str(blocked)):
        text_key(blocked)
