"""The doctor's checks that need no database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import pytest
from huggingface_hub import constants
from rich.console import Console

from aura_cli import app as cli
from aura_cli.doctor import configuration, installation, language_model, ports
from aura_cli.doctor.findings import Finding, State, needs_mending
from aura_cli.doctor.report import draw
from aura_cli.doctor.survey import survey
from aura_cli.suite import step_environment
from aura_engine.nlp.loading import PRODUCTION_MODEL, PRODUCTION_REVISION
from aura_engine.settings import Settings
from tests.patience import PATIENCE

SECRET = "correct-horse-battery-staple-and-more"


@pytest.fixture
def busy_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def finding(state: State) -> Finding:
    return Finding("area", "subject", state, "detail", "mend it")


@pytest.mark.parametrize(
    ("states", "broken"),
    [
        ([State.GOOD, State.NOTE, State.WARNING], False),
        ([State.GOOD, State.BROKEN], True),
        ([], False),
    ],
)
def test_only_what_is_needed_and_missing_fails(states, broken):
    assert needs_mending([finding(state) for state in states]) is broken


def test_every_problem_is_drawn_with_its_mend():
    console = Console(file=StringIO(), width=100)
    draw([finding(State.BROKEN), Finding("other", "fine", State.GOOD, "yes")], console)
    drawn = console.file.getvalue()
    assert "✗" in drawn
    assert "→ mend it" in drawn
    assert "Falta algo" in drawn


def test_a_whole_installation_is_one_line():
    pinned = f"# comment\npytest=={version('pytest')}\ntyper=={version('typer')}\n"
    (found,) = installation.packages("area", pinned)
    assert found.state is State.GOOD
    assert found.detail.startswith("2 ")


def test_a_missing_and_a_differing_package_are_named():
    missing, differing = installation.packages("area", "no-such-thing==1.0\npytest==0.1\n")
    assert (missing.subject, missing.state) == ("no-such-thing", State.BROKEN)
    assert (differing.subject, differing.state) == ("pytest", State.WARNING)
    assert version("pytest") in differing.detail
    assert missing.mend


def test_a_build_label_is_not_another_version(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "2.13.0+cpu")
    (found,) = installation.packages("area", "torch==2.13.0\n")
    assert found.state is State.GOOD


def test_the_shipped_requirements_are_installed_as_pinned():
    pinned = installation.REQUIREMENTS.read_text(encoding="utf-8")
    assert not [f for f in installation.packages("area", pinned) if f.state is State.BROKEN]


def test_postgresqls_binaries_are_found_with_their_version():
    found = installation.embedded_binaries("area")
    assert found.state is State.GOOD
    assert int(found.detail.split(".")[0]) >= 18


def test_a_wrong_directory_of_binaries_is_broken(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BIN_DIR", str(tmp_path))
    found = installation.embedded_binaries("area")
    assert found.state is State.BROKEN
    assert found.mend


def fake_driver(directory: Path, body: str) -> str:
    program = directory / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(directory)


def test_a_gpu_that_torch_cannot_use_is_a_warning(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", fake_driver(tmp_path, "echo 'NVIDIA H100'"))
    monkeypatch.setattr(installation, "_torch_version", lambda: "2.13.0+cpu")
    found = installation.gpu("area")
    assert found.state is State.WARNING
    assert "NVIDIA H100" in found.detail
    monkeypatch.setattr(installation, "_torch_version", lambda: "2.13.0")
    assert installation.gpu("area").state is State.GOOD


@pytest.mark.parametrize("body", ["exit 9", "true"])
def test_a_driver_that_lists_no_gpu_is_no_gpu(monkeypatch, tmp_path, body):
    monkeypatch.setenv("PATH", fake_driver(tmp_path, body))
    assert installation.gpu("area").state is State.NOTE


def test_settings_are_told_apart_into_given_and_default_and_secrets_stay_hidden():
    settings = Settings.load(
        {
            "AURA_TEXT_KEY": SECRET,
            "DATABASE_URL_AUTH": f"postgresql://u:{SECRET}@h/d",
            "SERVICE_PORT": "8100",
        }
    )
    found = {f.subject: f for f in configuration.settings_states(settings)}
    assert found["SERVICE_PORT"].detail == "definida: 8100"
    assert found["AURA_UI_PORT"].detail == "por omisión: 8501"
    assert found["AURA_TEXT_KEY"].detail == "definida"
    assert found["DATABASE_URL_AUTH"].detail == "definida"
    assert not [f for f in found.values() if SECRET in f.detail]


def test_a_misspelt_variable_is_named_with_the_likely_one():
    (found,) = configuration.unknown_names(["AURA_TIMEZNE", "AURA_PYTHON", "SERVICE_PRT", "HOME"])
    assert found.subject == "AURA_TIMEZNE"
    assert "AURA_TIMEZONE" in found.mend


def test_a_data_directory_that_can_be_made_is_good(tmp_path):
    assert configuration.data_directory(tmp_path / "a" / "b").state is State.GOOD
    assert not (tmp_path / "a").exists()


def test_a_file_where_the_data_directory_should_be_is_broken(tmp_path):
    (tmp_path / "data").write_text("")
    found = configuration.data_directory(tmp_path / "data" / "cluster")
    assert found.state is State.BROKEN
    assert "AURA_DATA_DIR" in found.mend


def test_a_busy_port_names_its_variable(busy_port):
    found = ports.port("AURA_UI_PORT", busy_port)
    assert found.state is State.WARNING
    assert "AURA_UI_PORT" in found.mend


def test_a_free_port_is_good_and_left_free():
    free = _free_port()
    for _ in range(2):
        assert ports.port("SERVICE_PORT", free).state is State.GOOD
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_an_address_that_is_not_of_this_machine_is_no_busy_port():
    found = ports.port("AURA_UI_PORT", _free_port(), "192.0.2.1")
    assert found.state is State.BROKEN
    assert "AURA_BIND_ADDRESS" in found.mend


@pytest.fixture
def model_directory(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_a_model_in_a_directory_is_found_with_its_revision(model_directory):
    found = language_model.named_model(str(model_directory), None)
    assert found.state is State.GOOD
    assert "sha256-" in found.detail


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model-00001-of-00002.safetensors"])
def test_whatever_weights_a_run_would_load_are_a_model(model_directory, name):
    (model_directory / "model.safetensors").rename(model_directory / name)
    assert language_model.named_model(str(model_directory), None).state is State.GOOD


def test_weights_that_no_run_would_load_are_none(model_directory):
    (model_directory / "model.safetensors").rename(model_directory / "adapter.safetensors")
    assert language_model.named_model(str(model_directory), None).state is State.BROKEN


def test_a_directory_without_weights_is_broken(model_directory):
    (model_directory / "model.safetensors").unlink()
    found = language_model.named_model(str(model_directory), None)
    assert found.state is State.BROKEN
    assert "NLP_MODEL_NAME" in found.mend


@pytest.fixture
def hub_cache(monkeypatch, tmp_path):
    """A cache with one model of two commits, of which main is the second, not yet complete."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    model = tmp_path / "hub" / "models--someone--reader"
    for commit in ("a" * 40, "b" * 40):
        snapshot = model / "snapshots" / commit
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text("{}")
    (model / "snapshots" / ("a" * 40) / "model.safetensors").write_bytes(b"weights")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("b" * 40)
    return tmp_path / "hub"


def test_a_model_in_the_cache_is_found_by_its_short_commit(hub_cache):
    found = language_model.named_model("someone/reader", "aaaaaaa")
    assert found.state is State.GOOD
    assert "a" * 40 in found.detail


def test_an_unfinished_download_is_no_copy(hub_cache):
    for revision in (None, "bbbbbbb"):
        assert language_model.named_model("someone/reader", revision).state is State.WARNING


def test_the_production_model_is_looked_for_at_its_pinned_revision(hub_cache):
    model = hub_cache / f"models--{PRODUCTION_MODEL.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("c" * 40)
    for commit in (PRODUCTION_REVISION + "0" * 33, "c" * 40):
        (model / "snapshots" / commit).mkdir(parents=True)
        (model / "snapshots" / commit / "model.safetensors").write_bytes(b"weights")
    for given in ({}, {"NLP_MODEL_NAME": PRODUCTION_MODEL}):
        (found,) = language_model.language_model(Settings.load(given))
        assert found.state is State.GOOD
        assert PRODUCTION_REVISION in found.detail


LOOK = """
from aura_cli.context import start
from aura_cli.doctor.language_model import language_model
print(*[found.detail for found in language_model(start())])
from huggingface_hub import constants as c
from transformers.utils.hub import HF_MODULES_CACHE
print(c.HF_HUB_CACHE, c.HF_XET_CACHE, c.HF_ASSETS_CACHE, c.HF_TOKEN_PATH, HF_MODULES_CACHE)
"""


def look(tmp_path: Path, **given: str) -> list[str]:
    """Look for a model in a process of its own; say what was found and where the hub writes."""
    environment = {
        name: value
        for name, value in step_environment(os.environ).items()
        if name != "XDG_CACHE_HOME"
    }
    answer = subprocess.run(
        [sys.executable, "-c", LOOK],
        env=environment
        | {"HOME": str(tmp_path / "home"), "AURA_DATA_DIR": str(tmp_path / "data")}
        | {"NLP_MODEL_NAME": "someone/reader", "AURA_NLP_REVISION": "aaaaaaa", **given},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return answer.stdout.splitlines()


def test_what_the_hub_writes_lies_in_the_data_directory_where_the_doctor_looks(hub_cache, tmp_path):
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    hub_cache.rename(models / "hub")
    found, places = look(tmp_path)
    assert "a" * 40 in found
    for place in places.split():
        assert Path(place).is_relative_to(tmp_path / "data"), place
    assert not (tmp_path / "home").exists()


def test_a_shared_cache_that_was_configured_is_used(hub_cache, tmp_path):
    found, places = look(tmp_path, HF_HOME=str(tmp_path))
    assert "a" * 40 in found
    assert places.startswith(str(hub_cache))


def test_a_model_that_is_nowhere_here_is_a_warning_and_asks_nobody(hub_cache, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked the network"))
    assert language_model.named_model("someone/other", None).state is State.WARNING


def test_binaries_are_looked_for_where_the_env_file_says(monkeypatch, tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text(f"PG_BIN_DIR={tmp_path}\nAURA_DATA_DIR={tmp_path}\n")
    monkeypatch.setitem(Settings.model_config, "env_file", env_file)
    monkeypatch.delenv("PG_BIN_DIR", raising=False)
    (found,) = [f for f in survey() if f.subject == "PostgreSQL incluido"]
    assert found.state is State.BROKEN
    assert str(tmp_path) in found.mend


def test_bad_settings_are_a_finding_and_not_the_end(monkeypatch, capsys):
    monkeypatch.setenv("AURA_UI_PORT", "many")
    assert cli.main(["doctor"]) == 1
    drawn = capsys.readouterr().out
    assert "Python" in drawn
    assert "AURA_UI_PORT" in drawn
