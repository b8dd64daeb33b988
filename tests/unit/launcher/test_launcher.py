"""The launcher finds a Python, installs what changed, and hands over to the verb."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE, eventually

LAUNCHER = Path(__file__).resolve().parents[3] / "aura"


@pytest.mark.parametrize(
    "shell", [shell for shell in ("sh", "dash", "bash", "ksh", "zsh") if shutil.which(shell)]
)
def test_every_shell_at_hand_can_read_it(shell):
    assert subprocess.run([shell, "-n", str(LAUNCHER)], check=False).returncode == 0


def test_the_first_call_makes_the_environment_and_runs_the_verb(checkout):
    result = checkout.run("run", "full", "a b", "")
    assert result.returncode == 7
    calls = checkout.calls()
    assert calls[0] == "venv"
    assert calls[-1] == "run <run> <full> <a b> <>"
    pip = [line for line in calls if line.startswith("pip")]
    assert len(pip) == 3
    assert f"--requirement {checkout.root}/requirements.txt" in pip[1]
    assert pip[2].endswith(f"--no-deps --editable {checkout.root}")


def test_nothing_is_installed_again_while_nothing_changed(checkout):
    checkout.run("doctor")
    checkout.calls()
    assert checkout.run("doctor").stderr == ""
    assert checkout.calls() == ["run <doctor>"]


def test_nothing_to_install_costs_three_small_programs(checkout):
    checkout.run("doctor")
    checkout.calls()
    for tool in [tool for tool in checkout.tools.iterdir() if tool.is_symlink()]:
        if tool.name != "sh":
            real = tool.readlink()
            tool.unlink()
            note = f"printf '%s\\n' {tool.name} >>\"$FAKES/calls\""
            checkout.add_program(tool.name, f'#!/bin/sh\n{note}\nexec {real} "$@"\n')
    checkout.run("doctor")
    assert checkout.calls() == ["dirname", "cksum", "cksum", "run <doctor>"]


def test_without_arguments_the_program_gets_none(checkout):
    checkout.run()
    assert checkout.calls()[-1] == "run"


def test_only_the_verb_test_installs_what_tests_need(checkout):
    checkout.run("doctor")
    assert not [line for line in checkout.installs() if "requirements-dev" in line]
    checkout.run("test", "-k", "x")
    assert [line for line in checkout.installs() if "requirements-dev" in line]
    checkout.run("test")
    assert checkout.installs() == []


@pytest.mark.parametrize(
    ("changed", "installed"),
    [("requirements.txt", ["--requirement"]), ("pyproject.toml", ["--editable"])],
)
def test_what_changed_is_installed_again_and_nothing_else(checkout, changed, installed):
    (checkout.root / "requirements.txt").write_text("typer==1.0\n")
    checkout.run("doctor")
    checkout.calls()
    with (checkout.root / changed).open("a") as file:
        file.write("# changed\n")
    checkout.run("doctor")
    installs = checkout.installs()
    assert len(installs) == len(installed)
    assert all(word in line for word, line in zip(installed, installs, strict=True))


def test_a_changed_requirement_does_not_rebuild_the_environment(checkout):
    checkout.run("doctor")
    checkout.calls()
    (checkout.root / "requirements.txt").write_text("typer==1.1\n")
    checkout.run("doctor")
    assert "venv" not in checkout.calls()


def test_a_failed_installation_says_so_and_is_tried_again(checkout):
    checkout.set("pip-fails")
    result = checkout.run("doctor")
    assert result.returncode == 1
    assert "no se pudo instalar requirements.txt" in result.stderr
    assert not [line for line in checkout.calls() if line.startswith("run")]
    checkout.clear("pip-fails")
    assert checkout.run("doctor").returncode == 7
    calls = checkout.calls()
    assert "venv" not in calls
    assert calls[-1] == "run <doctor>"


def test_a_killed_installation_is_begun_afresh(checkout):
    checkout.set("pip-waits", "30")
    victim = subprocess.Popen(
        checkout.command("doctor"),
        env=checkout.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(
        lambda: (
            "pip" in (checkout.fakes / "calls").read_text()
            if (checkout.fakes / "calls").exists()
            else False
        )
    )
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    (checkout.venv / "half-written").write_text("")
    checkout.calls()
    checkout.clear("pip-waits")
    assert checkout.run("doctor").returncode == 7
    assert checkout.calls()[0] == "venv"
    assert not (checkout.venv / "half-written").exists()


def test_two_calls_at_once_install_once(checkout):
    checkout.set("pip-waits", "0.3")
    both = [
        subprocess.Popen(
            checkout.command("doctor"),
            env=checkout.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=PATIENCE)[1] for process in both]
    assert [process.returncode for process in both] == [7, 7], said
    calls = checkout.calls()
    assert calls.count("venv") == 1
    assert len([line for line in calls if line.startswith("pip")]) == 3
    assert sum("otra instalación está en curso" in text for text in said) == 1


def test_a_moved_checkout_gets_a_new_environment(checkout, tmp_path):
    checkout.run("doctor")
    checkout.calls()
    moved = tmp_path / "elsewhere"
    checkout.root.rename(moved)
    checkout.root = moved
    assert checkout.run("doctor").returncode == 7
    assert checkout.calls()[0] == "venv"


def test_an_environment_of_another_checkout_is_left_alone(checkout, tmp_path):
    other = tmp_path / "other"
    (other / "stamps").mkdir(parents=True)
    (other / "kept").touch()
    checkout.venv.symlink_to(other)
    refused = checkout.run("doctor")
    assert refused.returncode == 1
    assert "es un enlace" in refused.stderr
    assert (other / "kept").exists()


def test_an_environment_whose_python_is_gone_is_made_again(checkout):
    checkout.run("doctor")
    checkout.calls()
    (checkout.venv / "bin" / "python").unlink()
    (checkout.venv / "bin" / "python").symlink_to("/nowhere/python3.11")
    assert checkout.run("doctor").returncode == 7
    assert checkout.calls()[0] == "venv"


def test_it_runs_from_another_directory_and_stays_there(checkout, tmp_path):
    result = checkout.run("doctor", cwd=tmp_path)
    assert result.stdout.strip() == str(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"check out", "fakes"}


def test_it_runs_through_symbolic_links(checkout, tmp_path):
    (tmp_path / "first").symlink_to("check out/aura")
    (tmp_path / "second").symlink_to(tmp_path / "first")
    result = checkout.run(command=[str(tmp_path / "second"), "doctor"])
    assert result.returncode == 7
    assert checkout.venv.is_dir()


def test_it_runs_when_a_shell_is_handed_its_bare_name(checkout):
    assert checkout.run(command=["sh", "aura", "doctor"], cwd=checkout.root).returncode == 7


def test_only_the_environment_is_written_into_the_checkout(checkout):
    before = {path.name for path in checkout.root.iterdir()}
    checkout.run("test")
    assert {path.name for path in checkout.root.iterdir()} - before == {".venv"}


def test_without_a_recent_python_it_says_so(checkout):
    checkout.add_program("python3", "#!/bin/sh\nexit 1\n")
    result = checkout.run("doctor")
    assert result.returncode == 1
    assert "Python 3.11 o posterior" in result.stderr
    assert "AURA_PYTHON" in result.stderr
    assert not checkout.venv.exists()


def test_a_python_that_does_not_run_is_passed_over(checkout):
    (checkout.tools / "python3").rename(checkout.tools / "python3.12")
    checkout.add_program("python3", "#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    assert checkout.run("doctor").returncode == 7


def test_a_missing_venv_module_is_named_with_its_mend(checkout):
    checkout.set("no-ensurepip")
    result = checkout.run("doctor")
    assert result.returncode == 1
    assert "venv" in result.stderr
    assert "apt install python3-venv" in result.stderr


def test_a_named_python_is_used_or_refused_by_name(checkout):
    (checkout.tools / "python3").rename(checkout.fakes / "my python")
    checkout.environment["AURA_PYTHON"] = str(checkout.fakes / "my python")
    assert checkout.run("doctor").returncode == 7
    shutil.rmtree(checkout.venv)
    checkout.environment["AURA_PYTHON"] = "/nowhere/python3"
    result = checkout.run("doctor")
    assert result.returncode == 1
    assert "AURA_PYTHON (/nowhere/python3)" in result.stderr


def test_without_a_gpu_torch_comes_from_the_index_of_cpu_builds(checkout):
    checkout.run("doctor")
    first, second, _ = checkout.installs()
    assert "--index-url https://download.pytorch.org/whl/cpu torch==2.13.0" in first
    assert "index-url" not in second


def test_an_unreachable_index_falls_back_to_pips_own_sources(checkout):
    checkout.set("index-unreachable")
    result = checkout.run("doctor")
    assert result.returncode == 7
    assert "fuente habitual" in result.stderr


@pytest.mark.parametrize(("listed", "asks_index"), [("GPU 0: Some card", False), ("", True)])
def test_a_gpu_is_believed_only_when_the_driver_lists_it(checkout, listed, asks_index):
    checkout.add_program("nvidia-smi", f"#!/bin/sh\necho '{listed}'\n")
    checkout.run("doctor")
    assert any("index-url" in line for line in checkout.installs()) is asks_index


def test_elsewhere_than_on_linux_the_usual_torch_is_a_cpu_build(checkout):
    checkout.add_program("uname", "#!/bin/sh\necho Darwin\n")
    checkout.run("doctor")
    assert not [line for line in checkout.installs() if "index-url" in line]


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"])
def test_what_a_person_told_their_python_does_not_reach_the_program(checkout, name):
    checkout.add_program(
        "python3",
        (checkout.tools / "python3").read_text().replace("exit 7 ;;", f"exit ${{{name}:+9}} ;;"),
    )
    checkout.environment[name] = "/nowhere"
    assert checkout.run("doctor").returncode == 0
