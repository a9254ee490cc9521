"""What `./run` and `./test` do before any Python of ours runs, and what `./test --all` adds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers

INSTALL = servers.ROOT / "grader" / "embedded" / "install.sh"
BASH = shutil.which("bash")


def bash(script, *, path=None, **environment):
    return subprocess.run(
        [BASH, "-euo", "pipefail", "-c", f'source "{INSTALL}"; {script}'],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.pathsep.join(map(str, path)) if path else os.environ["PATH"], **environment},
        timeout=300,
    )


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def fake(folder, name, script):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path):
    """A PATH with the few commands the script needs and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("cat", "cut", "sha256sum", "id", "mkdir", "rm", "dirname", "sh", "sleep"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def test_old_python_is_told_apart_from_none(tools):
    none = bash("find_python", path=[tools])
    assert none.returncode == 1
    assert "Python 3.11 or newer is needed and was not found.\n" in none.stderr
    fake(tools, "python3", 'case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac')
    old = bash("find_python", path=[tools])
    assert old.returncode == 1
    assert "(python3 is Python 3.9.2)" in old.stderr


def test_newer_python_beside_an_old_one_is_found(tools):
    fake(tools, "python3", "exit 1")
    new = fake(tools, "python3.12", "exit 0")
    assert bash("find_python", path=[tools]).stdout.strip() == str(new)


def test_named_python_goes_first(tools):
    fake(tools, "python3", "exit 0")
    mine = fake(tools, "mine", "exit 0")
    assert bash("find_python", path=[tools], PYTHON=str(mine)).stdout.strip() == str(mine)


def test_python_without_ensurepip_gets_the_one_line_that_helps(tools):
    """Bare Debian; without root, or without apt, somebody else has to type it."""
    python = fake(tools, "python3", "exit 1")
    done = bash(f"need_ensurepip {python}", path=[tools])
    assert done.returncode == 1
    assert "sudo apt-get install python3-venv" in done.stderr


def test_nothing_is_installed_twice(tmp_path, tools):
    """The second start compares one digest and starts no installer."""
    (tmp_path / "requirements.lock").write_text("flask==3\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    calls = tmp_path / "calls"
    fake(binaries, "python", f'echo "$@" >>"{calls}"')
    fake(binaries, "grader", "")
    install = f'install_into_venv "{tmp_path}" requirements.lock'
    assert bash(install, path=[tools]).returncode == 0
    assert calls.read_text().count("--require-hashes") == 1
    assert calls.read_text().count("--editable") == 1
    calls.unlink()
    assert bash(install, path=[tools]).returncode == 0
    assert "pip" not in calls.read_text()
    (tmp_path / "requirements.lock").write_text("flask==4\n")
    assert bash(install, path=[tools]).returncode == 0
    assert calls.read_text().count("--require-hashes") == 1


def test_failed_installation_is_tried_again_the_next_time(tmp_path, tools):
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    fake(binaries, "python", 'case "$*" in *--require-hashes*) echo no such package >&2; exit 1;; esac')
    fake(binaries, "grader", "")
    done = bash(f'install_into_venv "{tmp_path}" requirements.lock', path=[tools])
    assert done.returncode == 1
    assert "no such package" in done.stderr
    assert "The installation failed" in done.stderr
    assert not (tmp_path / ".venv" / "installed-requirements.lock").exists()


@pytest.mark.parametrize("number", ["INT", "TERM"])
def test_interrupted_installation_stops_the_installer_and_says_so(tmp_path, tools, number):
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    fake(binaries, "python", f'case "$*" in *--require-hashes*) echo $$ >"{tmp_path}/pid"; exec sleep 600;; esac')
    fake(binaries, "grader", "")
    with subprocess.Popen(
        [BASH, "-c", f'source "{INSTALL}"; install_into_venv "{tmp_path}" requirements.lock'],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={"PATH": str(tools)},
        # A shell's background job ignores it, and so would the script.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (takes no lock)
    ) as process:
        pid = servers.wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip(), "it")
        process.send_signal(getattr(servers.signal, f"SIG{number}"))
        assert process.wait(servers.START_LIMIT_S) == 130
        assert "Start again to go on" in process.stderr.read()
    servers.wait_until(lambda: not is_alive(int(pid)), "the installer to end")


def pytest_on(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "tests.conftest", *arguments, str(folder)],
        check=False,
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_skipped_test_fails_the_run_under_all_only(tmp_path):
    """In CI a missing part is a failure: a green run must have run everything."""
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.browser\ndef test_page():\n    pytest.skip('no Chromium')\ndef test_fine(): pass\n"
    )
    plain = pytest_on(tmp_path)
    assert plain.returncode == 0, plain.stdout
    assert "apt-get install chromium libatomic1" in plain.stdout
    assert "1 passed, 1 skipped" in plain.stdout.splitlines()[-1]
    strict = pytest_on(tmp_path, "--all")
    assert strict.returncode == 1, strict.stdout
    assert "no Chromium" in strict.stdout
    parallel = pytest_on(tmp_path, "--all", "-n", "2")
    assert parallel.returncode == 1, parallel.stdout
