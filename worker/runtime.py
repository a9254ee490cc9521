"""Which files of this machine a box is shown: the Python runtime, NumPy, the libraries these load, and `worker/box`.

They appear under neutral names (`/python`, `/site`, `/lib`, `/box`), so that no path of the host is told to anybody,
but for the one the interpreter was once built for, which is written into it and its library.
"""

from __future__ import annotations
import __future__

import ast
import importlib.util
import json
import marshal
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Asks a fresh interpreter what it is made of. `dl_iterate_phdr` gives each library by the path the loader opened,
# which ends in the name others ask for it by; /proc/self/maps would give the file behind the symbolic link.
_ASK = """
import ctypes, json, os, sys, sysconfig
sys.modules["_hashlib"] = None  # hashlib has its own code for the common hashes; OpenSSL is 4 MB in every box
import numpy, numpy.fft, numpy.linalg, numpy.random
for name in "zlib _bz2 _lzma _decimal _ctypes".split():
    try:
        __import__(name)
    except ImportError:
        pass
class Info(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]
libraries = []
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)
def visit(info, size, data):
    libraries.append(os.fsdecode(info.contents.name or b""))
    return 0
ctypes.CDLL(None).dl_iterate_phdr(visit, None)
print(json.dumps({
    "python": os.path.realpath(sys._base_executable), "version": "python%d.%d" % sys.version_info[:2],
    "lib": sys.platlibdir, "stdlib": sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}),
    "platstdlib": sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix, "base": sys.base_prefix}),
    "numpy": os.path.dirname(os.path.realpath(numpy.__file__)), "libraries": libraries,
}))
"""


BOX = Path(__file__).with_name("box")
PROGRAM = ("framing", "packing", "telling", "playing", "loading", "taming", "answering", "cloning", "entry")
"""The modules of the box, each behind those it needs."""
ASKED_FOR = ("standins.py", "rescue.py")  # read in the box when a submission needs them, which is seldom


class RuntimeUnreadableError(Exception):
    """The interpreter would not say what it is made of."""


@dataclass(frozen=True)
class Runtime:
    """What is bound into a box: (path here, path in the box), and the folders in there that are emptied."""

    binds: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]


def discover() -> Runtime:
    """Find the files a box needs.

    Raises:
        RuntimeUnreadableError: this interpreter, or its NumPy, cannot be started by this user.
    """
    asked = subprocess.run(
        [sys.executable, "-s", "-c", _ASK],
        env={"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path[1:])},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise RuntimeUnreadableError(asked.stderr.strip()[-1000:] or f"exit code {asked.returncode}")
    told = json.loads(asked.stdout)
    stdlib = f"/python/lib/{told['version']}"
    binds = [(told["python"], "/python/bin/python3"), (told["stdlib"], stdlib)]
    if os.path.realpath(told["platstdlib"]) != os.path.realpath(told["stdlib"]):
        binds.append((told["platstdlib"], f"/python/{told['lib']}/{told['version']}"))
    numpy = Path(told["numpy"])
    binds.append((str(numpy), "/site/numpy"))
    bundled = numpy.with_name("numpy.libs")
    if bundled.is_dir():
        binds.append((str(bundled), "/site/numpy.libs"))
    binds += sorted(_libraries(told["libraries"], inside=(told["stdlib"], told["platstdlib"], str(numpy.parent))))
    binds += [(str(BOX / name), f"/box/{name}") for name in ASKED_FOR]
    packages = [name for name in ("site-packages", "dist-packages") if Path(told["stdlib"], name).is_dir()]
    return Runtime(binds=tuple(binds), hidden=tuple(f"{stdlib}/{name}" for name in packages))


def compile_program() -> bytes:
    """Return the modules of `worker/box` as the content of one .pyc file for the interpreter that runs this.

    It is the box's too. They are put one behind the other and share one namespace, so their imports of each other go.
    """
    tree = ast.Module([], [])
    for name in PROGRAM:
        source = (BOX / f"{name}.py").read_text(encoding="utf-8")
        tree.body += [node for node in ast.parse(source).body if not _is_of_the_trusted_side(node)]
    code = compile(tree, "/box/child.py", "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    # Flags 0 and no date: a file that is named on the command line is checked for its magic number alone.
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def _is_of_the_trusted_side(node: ast.stmt) -> bool:
    """Whether a statement says where a name comes from that in a box is there already."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("worker.box.", "__future__"))


def _libraries(loaded: list[str], *, inside: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return the shared libraries outside the folders that are bound as a whole."""
    folders = tuple(os.path.realpath(folder) + os.sep for folder in inside)
    found = set()
    for name in loaded:
        if not name.startswith("/") or os.path.realpath(name).startswith(folders):
            continue
        # The loader itself is named by its full path in every program.
        is_loader = Path(name).name.startswith("ld-")
        found.add((name, name if is_loader else f"/lib/{Path(name).name}"))
    return found
