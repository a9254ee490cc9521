"""What only shows things costs nothing; and a notebook is graded as the same code in a file is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assignments import catalog
from assignments.verdict import Report
from worker.client import RunnerClient
from worker.judging import grade_upload

Grade = Callable[[str, bytes], Report]

RIGHT = "def f4(x, a=1):\n    return a * x ** 2\n"


@pytest.fixture
def grade(runner_socket: Path) -> Grade:
    """Return a function that grades one file of the warm-up."""

    def run(name: str, content: bytes) -> Report:
        assignment = catalog.load("python_warmup")
        return grade_upload(assignment, [(name, content)], {}, seed=b"pairs", runner=RunnerClient(runner_socket))

    return run


def f4(report: Report) -> tuple[object, ...]:
    """Return what a pair must have in common: points, verdict and every message."""
    result = next(question for question in report.questions if question.id == "f4")
    return result.score, result.verdict, result.mistake, [(check.name, check.verdict) for check in result.checks]


def notebook(*cells: str) -> bytes:
    """Return a notebook as Jupyter saves it, with outputs that nobody reads."""
    output = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo=", "text/html": "<script></script>"}}
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
            "cells": [
                {"cell_type": "markdown", "source": ["# Work\n"]},
                *(
                    {
                        "cell_type": "code",
                        "id": f"cell{number}",
                        "metadata": {},
                        "execution_count": 40 - number,
                        "source": text.splitlines(keepends=True),
                        "outputs": [output],
                    }
                    for number, text in enumerate(cells)
                ),
            ],
        }
    ).encode()


SNIPPETS = """\
# --- one import line
import numpy as np, matplotlib.pyplot as plt
plt.plot(np.arange(3))
plt.show()
# --- from
from matplotlib import pyplot as plt, cm
plt.imshow([[1]], cmap=cm.viridis)
plt.colorbar()
# --- star
from matplotlib.pyplot import *
figure()
plot([1, 2])
show()
# --- subplots
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1]); ax.legend(['a'])
# --- two axes
import matplotlib.pyplot as plt
fig, (a1, a2) = plt.subplots(1, 2)
a1.plot([1])
a2.set(title='x')
# --- a grid
import matplotlib.pyplot as plt
f, axes = plt.subplots(2, 3)
assert axes.shape == (2, 3)
axes[1, 2].plot([1])
# --- no squeeze
import matplotlib.pyplot as plt
f, axes = plt.subplots(1, squeeze=False)
axes[0, 0].plot([1])
# --- of a figure
import matplotlib.pyplot as plt
ax = plt.figure().subplots()
ax.plot([1])
# --- unpacked
import matplotlib.pyplot as plt
line, = plt.plot([1])
n, bins, patches = plt.hist([1, 2])
line.set_color('r')
# --- settings
import matplotlib as mpl
mpl.use('Agg')
mpl.rcParams['font.size'] = 9
mpl.pyplot.plot([1])
# --- contexts
import matplotlib.pyplot as plt
with plt.style.context('ggplot'), plt.ioff():
    plt.plot([1])
# --- 3d
from mpl_toolkits.mplot3d import Axes3D
import matplotlib.pyplot as plt
ax = plt.axes(projection='3d')
ax.scatter(1, 2, 3)
# --- subclass
from matplotlib.ticker import Formatter
class Mine(Formatter):
    def __call__(self, x, pos=None): return str(x)
Mine()
# --- animation
from matplotlib.animation import FuncAnimation
import matplotlib.pyplot as plt
ani = FuncAnimation(plt.figure(), lambda n: n, frames=3)
ani.save('x.gif')
# --- seaborn
import seaborn as sns
sns.set_theme(style='whitegrid')
sns.heatmap([[1.0]], annot=True).set_title('x')
# --- arithmetic
import matplotlib.pyplot as plt
import numpy as np
w = 2 * plt.rcParams['lines.linewidth'] + 1
np.ones(3) * w
# --- loops that end
import matplotlib.pyplot as plt
while plt.fignum_exists(1): pass
for line in plt.gca().lines: line.remove()
# --- tqdm
from tqdm import tqdm, trange
assert list(tqdm([1, 2])) == [1, 2]
assert sum(1 for _ in trange(3)) == 3
# --- tqdm by hand
import tqdm
with tqdm.tqdm(total=3) as bar:
    bar.update(2); bar.set_postfix(loss=1)
assert bar.n == 2
# --- tqdm in a notebook
from tqdm.notebook import tqdm
for n, c in enumerate(tqdm('ab', desc='x')): pass
assert (n, c) == (1, 'b')
# --- IPython
from IPython.display import display, clear_output, HTML, Image
display(HTML('x'))
clear_output(wait=True)
# --- as nbconvert writes it
get_ipython().run_line_magic('matplotlib', 'inline')
display(3)
# --- widgets
from ipywidgets import interact
@interact(k=(0, 9))
def show(k=1): return k + 1
assert show(2) == 3
# --- Colab
from google.colab import drive
drive.mount('/content/drive')
# --- tried
try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None
if plt: plt.plot([1])
"""
SHOWN = dict(part.split("\n", 1) for part in SNIPPETS.split("# --- ")[1:])


@pytest.mark.parametrize("name", SHOWN)
def test_what_only_shows_things_costs_nothing_in_a_file_and_in_a_notebook(name: str, grade: Grade) -> None:
    shown = SHOWN[name]
    plain = f4(grade("python_warmup.py", RIGHT.encode()))
    # At the top level, where anything that fails would be noted, and in the function, where it would cost points.
    inside = "def f4(x, a=1):\n" + "".join(f"    {line}\n" for line in shown.splitlines())
    for upload in (f"{shown}\n{RIGHT}", inside + "    return a * x ** 2\n" if name != "star" else RIGHT):
        report = grade("python_warmup.py", upload.encode())
        assert f4(report) == plain
        assert all("costs nothing" in note for note in report.notes), report.notes
        cells = (shown, RIGHT) if upload.startswith(shown) else (upload,)
        assert f4(grade("python_warmup.ipynb", notebook(*cells))) == plain


@pytest.mark.parametrize("library", ["torch", "pandas", "scipy", "sklearn", "tensorflow", "jax", "numba"])
def test_library_whose_results_matter_is_missing_with_a_hint(library: str, grade: Grade) -> None:
    report = grade("python_warmup.py", f"import {library}\n{RIGHT}".encode())
    assert f4(report)[0] == 4
    assert any("NumPy is the only library here" in note for note in report.notes)
    tried = f"try:\n    import {library}\nexcept ImportError:\n    {library} = None\nassert {library} is None\n{RIGHT}"
    assert grade("python_warmup.py", tried.encode()).notes == ()


def test_data_that_a_plotting_library_would_read_is_not_made_up(grade: Grade) -> None:
    report = grade("python_warmup.py", f"import seaborn as sns\nd = sns.load_dataset('iris')\n{RIGHT}".encode())
    assert f4(report)[0] == 4
    assert any("no data set" in note for note in report.notes)


def test_plot_that_is_returned_is_named(grade: Grade) -> None:
    source = "import matplotlib.pyplot as plt\ndef f4(x, a=1):\n    return plt.plot(x)\n"
    report = grade("python_warmup.py", source.encode())
    result = next(question for question in report.questions if question.id == "f4")
    assert "a Plot" in result.feedback[0]


PAIRS = {
    "right": (RIGHT,),
    "wrong": ("def f4(x, a=1):\n    return a * x * 2\n",),
    "nothing": ("y = 3\n",),
    "input left in": ("name = input('Name? ')\n", RIGHT, "n = int(input())\nprint(n)\n"),
    "input above, in one cell": (f"name = input('Name? ')\n{RIGHT}",),
    "out of order": ("W = square(3)\n", f"def square(x):\n    return x * x\n{RIGHT}"),
    "state out of order": (
        "SCALE = base() / 2\n",
        "def base():\n    return 2\n",
        "def f4(x, a=1):\n    return a * SCALE * x ** 2\n",
    ),
    "main block": (RIGHT, "if __name__ == '__main__':\n    import time\n    time.sleep(99)\n"),
    "a demo that fails": (f"{RIGHT}print(f4('a', 'b') + 1)\nprint(undefined)\n", "z = f4(2)\n"),
    "a demo before": ("data = open('data.csv').read()\n", RIGHT),
    "a demo before, in one cell": (f"data = open('data.csv').read()\nx = data.split()\n{RIGHT}",),
    "asserts": (f"{RIGHT}assert f4(2) == 5\nassert f4(2) == 4\n",),
    "defined twice": ("def f4(x, a=1):\n    return 0\n", RIGHT),
    "missing library": (f"import torch\nimport torch.nn as nn\ntorch.manual_seed(0)\n{RIGHT}",),
    "endless demo": (f"{RIGHT}while f4(1) == 1:\n    pass\n",),
    "raises": ("def f4(x, a=1):\n    return a * y ** 2\n",),
}


@pytest.mark.parametrize("name", PAIRS)
def test_notebook_is_graded_as_the_same_code_in_a_file(name: str, runner_socket: Path) -> None:
    import dataclasses

    from assignments.spec import Limits

    assignment = dataclasses.replace(catalog.load("python_warmup"), limits=Limits(cpu_s=0.5, wall_s=6))

    def grade(upload: str, content: bytes) -> Report:
        return grade_upload(assignment, [(upload, content)], {}, seed=b"pairs", runner=RunnerClient(runner_socket))

    file = f4(grade("python_warmup.py", "".join(PAIRS[name]).encode()))
    assert f4(grade("python_warmup.ipynb", notebook(*PAIRS[name]))) == file
    magics = (
        "%matplotlib inline\n%load_ext autoreload\n!pip install numpy\n",
        *PAIRS[name],
        "%%bash\nrm -rf /\n",
        "f4?\n",
    )
    assert f4(grade("python_warmup.ipynb", notebook(*magics))) == file
    lost = {"wrong", "nothing", "raises"}
    assert (file[0] == 4) is (name not in lost)


def test_statement_that_fails_is_noted_and_costs_itself_alone(grade: Grade) -> None:
    source = f"a = 1\nb = 1 / 0\n{RIGHT}c = [1][5]\n"
    report = grade("python_warmup.py", source.encode())
    assert f4(report)[0] == 4
    assert [note.split(":")[0] for note in report.notes] == ["python_warmup.py, line 2", "python_warmup.py, line 5"]
    assert all(note.endswith("The rest was run without it.") for note in report.notes)


def test_statements_that_fail_without_end_are_stopped(grade: Grade) -> None:
    report = grade("python_warmup.py", (RIGHT + "1 / 0\n" * 500).encode())
    assert f4(report)[0] == 4
    assert 20 <= len(report.notes) <= 30
    assert "20 statements failed" in report.notes[-1]
