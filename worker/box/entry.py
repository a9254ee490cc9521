"""The processes of a box, from the template's first order to the submission's last answer; see the package."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import random
import signal
import socket
import sys
import types
from typing import Any

import numpy as np

from worker.box.answering import run_submission, tap_streams
from worker.box.cloning import Confinement
from worker.box.framing import (
    BELL_FD,
    BUILD,
    BUILT,
    CONFINED,
    CONTROL_FD,
    ENDED,
    HEAD,
    JOB_FD,
    QUESTION,
    RESUME,
    SPAWN,
    STATUS,
    SUBMISSION,
    WAITING,
    WARM,
    frame,
)
from worker.box.packing import Packer
from worker.box.taming import end_process, tame_interpreter

_REHEARSAL = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def forward(x, W, b, lr=1.0):
    h = sigmoid(W @ x + b)
    p = np.tanh(np.dot(W.T, h)) - x
    loss = 0.5 * np.sum((p - x) ** 2) + np.mean(np.abs(h)) + np.log(h).max()
    if loss > 0:
        W = W - lr * np.outer(h, p).reshape(W.shape)
    return W, h.copy(), float(loss), int(np.argmax(h)), [x.tolist()]

def plain(x, a=1):
    return a * x**2
"""
REHEARSALS = 4


def rehearse() -> None:
    """Run a submission of our own, as a child would, so that no child pays for a first time.

    What the interpreter learns here (specialised code, caches of types and of NumPy's operations) a child inherits;
    what it would learn itself costs it a copied page each.
    """
    packer = Packer()
    args = [packer.pack(value) for value in (np.ones(3), np.ones((2, 3)), np.zeros(2))]
    steps = [["call", "forward", args, {"lr": 0.5}, "result", False, None]]
    plain = [["call", "plain", [2.0], {}, "result", False, None]]
    source = {"name": "rehearsal.py", "module": "rehearsal", "cells": [_REHEARSAL], "labels": []}
    question = {"seed": 1, "scripts": [{"steps": each, "returns": ["result"]} for each in (steps, plain)]}
    frames = b"".join(
        [
            frame(RESUME, {"stops": "{}", "trace": "", "why": "", "questions": 2, "flood": 1 << 20}),
            frame(SUBMISSION, {"sources": [source], "entry": "rehearsal", "asked": ["plain"], "cpu_s": 60}),
            *[frame(QUESTION, question, packer.blobs)] * 2,
        ]
    )
    for _ in range(REHEARSALS):
        parts = iter([frames, b""])
        run_submission(lambda _fd, _size, parts=parts: next(parts), lambda _fd, data: len(data))  # type: ignore[misc]
        del sys.meta_path[0], sys.modules["rehearsal"]


def _import_random() -> None:
    """Import `numpy.random` without `secrets`, which loads ten libraries for hashes to give it one function.

    Each clone pays for each library; a submission that hashes may load them itself.
    """
    stand_in = types.SimpleNamespace(randbits=random.SystemRandom().getrandbits)
    sys.modules["secrets"] = stand_in  # type: ignore[assignment]
    importlib.import_module("numpy.random")
    del sys.modules["secrets"]


def main() -> None:
    """Be the template: clone a box for each order; ends, and all boxes with it, when the runner closes the socket."""
    os.dup2(int(sys.argv[1]), CONTROL_FD)
    os.closerange(CONTROL_FD + 1, 64)
    control = socket.socket(fileno=CONTROL_FD)
    box_bpf, child_bpf = control.recv(1 << 16), control.recv(1 << 16)
    os.environ.clear()
    os.environ.update(LANG="C.UTF-8", PATH="/python/bin", OPENBLAS_NUM_THREADS="1")
    tap_streams()
    # What a submission was doing when it had to be killed, or when it crashed; written by C, so a hang in C tells too.
    faulthandler.enable(file=JOB_FD, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=JOB_FD, all_threads=False)
    tame_interpreter()
    _import_random()
    rehearse()
    confinement = Confinement(box_bpf, child_bpf)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, _bury_boxes)
    control.send(WARM)
    while True:
        try:
            request, descriptors, _, _ = socket.recv_fds(control, BUILD.size, 1)
        except OSError:  # closed, with something of ours unread
            request = b""
        if not request:
            end_process(0)
        pid, pidfd = confinement.clone_box()
        if pid == 0:
            _be_box(confinement, *BUILD.unpack(request), *descriptors)
        socket.send_fds(control, [BUILT], [pidfd])
        for descriptor in (*descriptors, pidfd):
            os.close(descriptor)


def _bury_boxes(signum: int, frame: Any) -> None:  # noqa: ARG001 (a signal handler's signature)
    """Take note of boxes that have ended, so that nothing is left of them."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _be_box(confinement: Confinement, reuse: int, socket_fd: int) -> None:
    """Clone one child after the other, each ahead of its submission; never returns.

    A submission goes from the runner to its child: this process has none of its descriptors, ever.
    """
    try:
        os.dup2(socket_fd, CONTROL_FD)
        os.closerange(CONTROL_FD + 1, 64)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confinement.put_on_box()
        control = socket.socket(fileno=CONTROL_FD)
        told = WAITING
        for _ in range(reuse):
            pid, pidfd = confinement.clone_child()
            if pid == 0:
                _be_child(confinement, control)
            socket.send_fds(control, [told], [pidfd])
            os.close(pidfd)
            _, status = os.waitpid(pid, 0)
            told = ENDED + STATUS.pack(status)
            if status:
                break  # nobody comes into this box any more
        control.send(told)
        control.recv(1)  # it has served its time; the runner ends it
    except BaseException as error:  # noqa: BLE001 (whatever it was, this process must not go on as a template)
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        end_process(70)
    end_process(0)


def _be_child(confinement: Confinement, control: socket.socket) -> None:
    """Wait for a submission and become its process; never returns."""
    try:
        request, descriptors, _, _ = socket.recv_fds(control, SPAWN.size, 3)
        if not request:
            end_process(0)
        job, output, bell = descriptors
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(job, JOB_FD)
        os.dup2(bell, BELL_FD)
        os.closerange(JOB_FD + 1, 64)
        # Its own: flags set on one that all children share would be read by the next.
        os.close(0)
        os.open("/dev/null", os.O_RDONLY)
        confinement.put_on_child(*SPAWN.unpack(request))
        os.write(JOB_FD, HEAD.pack(CONFINED, 0, 0))
        run_submission()
    except BaseException:  # noqa: BLE001 (whatever it was, this process must not go on as a box)
        end_process(70)
    end_process(0)


if __name__ == "__main__":
    main()
