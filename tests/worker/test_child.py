"""How a submission is loaded and its functions are called, in a real box."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assignments.disclosure import why_missing
from assignments.script import Call, Load, Outcome, Probes, ProbesOutcome, Ref, Script, Set, Source, Status, call
from assignments.spec import Limits
from worker.client import Job, RunnerClient

Played = tuple[Load, list[Outcome]]
Play = Callable[..., Played]


@pytest.fixture
def play(runner_socket: Path) -> Play:
    """Return a function that loads sources and plays scripts as one question."""

    def run(sources: str | tuple[Source, ...], *scripts: Script) -> Played:
        if isinstance(sources, str):
            sources = (Source("work.py", "work", (sources,)),)
        job = Job(sources, "work", (Probes("q", scripts),), Limits())
        load, answer = RunnerClient(runner_socket).run(job)
        assert isinstance(load, Load)
        assert isinstance(answer, ProbesOutcome)
        return load, list(answer.outcomes)

    return run


def test_error_is_located_in_the_students_own_file(play: Play) -> None:
    source = "import numpy as np\ndef f(x):\n    return g(x)\ndef g(x):\n    return x @ np.ones((2, 2))\n"
    _, (outcome,) = play(source, call("f", np.ones(3)))
    assert (outcome.status, outcome.error_type) == (Status.RAISED, "ValueError")
    assert (outcome.function, outcome.file, outcome.line) == ("f", "work.py", 5)


def test_syntax_error_is_told_with_its_line(play: Play) -> None:
    load, (outcome,) = play("def f(x):\n    print 'hello'\n    return x\n", call("f", 1))
    assert (load.status, load.error_type, load.file, load.line) == (Status.RAISED, "SyntaxError", "work.py", 2)
    assert outcome.status is Status.MISSING
    assert load.notes[0].startswith("work.py, line 2: SyntaxError")


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_line_ends_of_every_system_are_read(ending: str, play: Play) -> None:
    load, (outcome,) = play(
        ending.join(["\ufeff# -*- coding: latin-1 -*-", "def f(x):", "    return x + 1", ""]), call("f", 1)
    )
    assert (load.status, outcome.value) == (Status.RETURNED, 2), load


def test_main_guard_does_not_run(play: Play) -> None:
    load, (outcome,) = play("def f(): return __name__\nif __name__ == '__main__':\n    1 / 0\n", call("f"))
    assert (load.status, outcome.value) == (Status.RETURNED, "work")


def test_missing_library_costs_its_import_alone(play: Play) -> None:
    source = (
        "from __future__ import annotations\nimport sklearn.metrics as sk\nimport numpy as np\n"
        "def f(x: unknown): return np.sum(x)\ndef g(): sk.f1_score()\n"
    )
    load, (good, bad) = play(source, call("f", np.ones(2)), call("g"))
    assert (load.status, load.error_type, load.line) == (Status.RAISED, "ModuleNotFoundError", 2)
    assert "NumPy is the only library" in load.notes[0]
    assert good.value == 2
    assert (bad.status, bad.error_type) == (Status.RAISED, "NameError")


def test_statements_before_a_missing_library_do_not_run_twice(play: Play) -> None:
    source = "calls = []\ndef add(): calls.append(1)\nadd()\nimport torch\nadd()\nimport pandas\nadd()\n"
    source += "def f(): return len(calls)\n"
    load, (outcome,) = play(source, call("f"))
    assert outcome.value == 3
    assert len(load.notes) == 2


def test_notebook_runs_the_cells_behind_a_failing_one(play: Play) -> None:
    cells = (
        "def f(): return 1",
        "1 / 0\n",
        "def g(): return f() + h\nh = 2",
        "def broken(:\n",
        "import sys; sys.exit()",
        "k = 5",
    )
    source = Source("work.ipynb", "work", cells, tuple(f"cell {number}" for number in range(1, 7)))
    load, outcomes = play((source,), call("f"), call("g"))
    assert [outcome.value for outcome in outcomes] == [1, 3]
    assert (load.error_type, load.file, load.line) == ("ZeroDivisionError", "work.ipynb, cell 2", 1)
    assert len(load.notes) == 3
    assert load.notes[1].startswith("work.ipynb, cell 4, line 1: SyntaxError")


def test_error_in_a_notebook_names_its_cell(play: Play) -> None:
    source = Source("n.ipynb", "n", ("x = 1", "def f():\n    return 1 / 0"), ("cell 1", "cell 4"))
    _, (outcome,) = play((source,), call("f"))
    assert (outcome.file, outcome.line) == ("n.ipynb, cell 4", 2)


def test_modules_of_an_upload_import_each_other(play: Play) -> None:
    sources = (
        Source("helper.py", "helper", ("import work\nSCALE = 3\ndef scale(x): return SCALE * x\n",)),
        Source(
            "work.py", "work", ("from helper import scale\nimport helper as h\ndef f(x): return scale(x) + h.SCALE\n",)
        ),
    )
    load, (outcome, imported) = play(sources, call("f", 2), call("scale", 2))
    assert load.status is Status.RETURNED, load
    assert (outcome.value, imported.value) == (9, 6)


def test_module_shadows_a_standard_one_that_is_not_in_use(play: Play) -> None:
    sources = (
        Source("work.py", "work", ("import statistics\ndef f(): return statistics.mine\n",)),
        Source("statistics.py", "statistics", ("mine = 1\n",)),
    )
    assert play(sources, call("f"))[1][0].value == 1


def test_function_of_another_module_is_found_when_it_is_the_only_one(play: Play) -> None:
    sources = (Source("a.py", "a", ("def f(): return 1\n",)), Source("b.py", "b", ("from a import f\n",)))
    assert play(sources, call("f"))[1][0].value == 1


def test_function_of_the_module_named_like_the_assignment_comes_first(play: Play) -> None:
    sources = (Source("a.py", "a", ("def f(): return 1\n",)), Source("work.py", "work", ("def f(): return 2\n",)))
    assert play(sources, call("f"))[1][0].value == 2


def test_function_in_two_other_modules_is_an_error_that_names_both(play: Play) -> None:
    sources = (Source("a.py", "a", ("def f(): return 1\n",)), Source("b.py", "b", ("def f(): return 2\n",)))
    _, (outcome,) = play(sources, call("f"))
    assert outcome.status is Status.MISSING
    assert "a.py and b.py" in outcome.message


def test_missing_function_names_the_nearest_one(play: Play) -> None:
    _, (outcome, other) = play("def Predict(): pass\nvalue = 3\n", call("predict"), call("value"))
    assert outcome.status is Status.MISSING
    assert "did you mean your `Predict`" in outcome.message
    assert other.status is Status.MISSING
    assert other.message == "`value` is an int, not a function: line 2 of work.py gives the name another value"


def test_maker_that_returns_nothing_is_at_fault_not_the_function_that_needs_it(play: Play) -> None:
    steps = (Call("make", save="net", rests_on="create"), Call("use", (Ref("net"),)))
    _, (outcome,) = play("def make():\n    pass\ndef use(net):\n    return net[0]\n", Script(steps))
    assert (outcome.status, outcome.value) == (Status.RETURNED, None)
    assert (outcome.function, outcome.rests_on) == ("make", "create")


def test_none_that_an_earlier_step_set_is_handed_on(play: Play) -> None:
    steps = (Set("net", None), Call("use", (Ref("net"),)))
    _, (outcome,) = play("def use(net):\n    return net is None\n", Script(steps))
    assert outcome.value is True


def test_input_is_told_to_take_an_argument(play: Play) -> None:
    load, (outcome,) = play("def f(): return input('x? ')\nname = input()\n", call("f"))
    assert load.error_type == "EOFError"
    assert outcome.error_type == "EOFError"
    assert "argument" in outcome.message


def test_what_is_printed_comes_back_in_order_with_the_questions(runner_socket: Path) -> None:
    source = "print('loading')\ndef f(x):\n    print('got', x)\n"
    job = Job(
        (Source("work.py", "work", (source,)),),
        "work",
        tuple(Probes(f"q{n}", (call("f", n),)) for n in range(2)),
        Limits(),
    )
    _, *answers = RunnerClient(runner_socket).run(job)
    printed = [a.stdout for a in answers if isinstance(a, ProbesOutcome)]
    assert "".join(printed) == "loading\ngot 0\ngot 1\n"
    assert printed[0].startswith("loading\ngot 0\n")


def test_output_limit_is_each_questions_own(runner_socket: Path) -> None:
    source = "def f(x):\n    print('A' * 50_000)\n    return x\n"
    probes = tuple(Probes(f"q{n}", (call("f", n),)) for n in range(6))
    _, *answers = RunnerClient(runner_socket).run(
        Job((Source("work.py", "work", (source,)),), "work", probes, Limits())
    )
    assert [a.outcomes[0].value for a in answers if isinstance(a, ProbesOutcome)] == list(range(6))


def test_random_numbers_are_the_same_in_every_run_and_differ_within_one(play: Play) -> None:
    source = "import random\nimport numpy as np\ndef f(): return random.random(), np.random.rand()\n"
    source += "def s(): return list({'a', 'b', 'c', 'd'})\n"
    _, first = play(source, call("f"), call("f"), call("s"))
    _, second = play(source, call("f"), call("f"), call("s"))
    assert [o.value for o in first] == [o.value for o in second]
    assert first[0].value != first[1].value


def test_warnings_of_each_script_are_its_own(play: Play) -> None:
    source = "import numpy as np\ndef f(x): return np.exp(x)\n"
    _, outcomes = play(source, call("f", 1000.0), call("f", 1.0), call("f", 2000.0))
    assert [bool(o.warnings) for o in outcomes] == [True, False, True]
    assert outcomes[0].warnings[0].startswith("RuntimeWarning: overflow")


def test_silenced_warning_is_silent(play: Play) -> None:
    source = "import numpy as np\ndef f(x):\n    with np.errstate(over='ignore'):\n        return np.exp(x)\n"
    assert play(source, call("f", 1000.0))[1][0].warnings == ()


def test_class_and_thread_and_dataclass_work(play: Play) -> None:
    source = """
import dataclasses, threading
import numpy as np
@dataclasses.dataclass
class Net:
    w: float = 2.0
    def __call__(self, x): return self.w * x
def create(): return Net()
def use(net, x):
    got = []
    thread = threading.Thread(target=lambda: got.append(net(x)))
    thread.start(); thread.join()
    return got[0]
"""
    from assignments.script import Ref

    script = Script((Call("create", save="net"), Call("use", (Ref("net"), 4.0))))
    load, (outcome,) = play(source, script)
    assert (load.status, outcome.value) == (Status.RETURNED, 8.0), outcome


def test_common_hashes_work_without_openssl(play: Play) -> None:
    source = "import hashlib, random, secrets, hmac\ndef f(): return hashlib.sha256(b'a').hexdigest()[:8]\n"
    load, (outcome,) = play(source, call("f"))
    assert (load.status, outcome.value) == (Status.RETURNED, "ca978112")


def test_missing_file_is_told_that_there_are_none(play: Play) -> None:
    _, (outcome,) = play("import numpy as np\ndef f(): return np.loadtxt('data.csv')\n", call("f"))
    assert outcome.error_type == "FileNotFoundError"
    assert "no files of yours" in outcome.message


def test_memory_limit_leaves_what_it_promises(play: Play) -> None:
    """The limit counts what a submission adds, not what Python and NumPy have taken before."""
    source = "import numpy as np\ndef f(mib):\n    a = np.ones(mib << 17)\n    return a.nbytes >> 20\n"
    _, (within, beyond, after) = play(source, call("f", 480), call("f", 540), call("f", 480))
    assert within.value == after.value == 480
    assert beyond.status is Status.OUT_OF_MEMORY


def test_result_is_read_as_it_is_at_the_end(play: Play) -> None:
    _, (outcome,) = play(
        "import numpy as np\ndef f(): return np.float32(1.5), [True, None], {'W1': np.ones((1, 2))}\n", call("f")
    )
    number, flags, model = outcome.value
    assert (number.dtype, flags, model["W1"].shape) == (np.float32, [True, None], (1, 2))


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (
            "from multiprocessing import Pool\n    return Pool(2).map(abs, [x])",
            "cannot start another: call the function",
        ),
        ("import subprocess\n    return subprocess.run(['ls'])", "cannot start another: call the function"),
        ("import asyncio\n    async def g(): return x\n    return asyncio.run(g())", "asyncio does not work here"),
        ("import pdb; pdb.set_trace()\n    return x", "take out breakpoint() and pdb"),
        ("open('data.csv')\n    return x", "There are no files of yours beside the submission here"),
    ],
    ids=["multiprocessing", "subprocess", "asyncio", "pdb", "file"],
)
def test_what_cannot_work_here_is_answered_with_what_to_do(body: str, hint: str, play: Play) -> None:
    _, (outcome,) = play(f"def f(x):\n    {body}\n", call("f", 1))
    assert outcome.status is Status.RAISED
    assert hint in outcome.message
    assert outcome.line is not None


def test_a_notebooks_line_in_a_file_is_told_apart_from_other_syntax_errors(play: Play) -> None:
    for line in ("%matplotlib inline", "!pip install numpy"):
        load, _ = play(f"{line}\ndef f(x):\n    return x\n", call("f", 1))
        assert "work in a notebook only: take them out" in load.message
    load, _ = play("def f(x)\n    return x\n", call("f", 1))
    assert "notebook" not in load.message


RIGHT = "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ("def g(x)\n    return x\n", "line 4: SyntaxError: expected ':' in `def g(x)`"),
        ("def g(x):\n    return (x\n", "line 5: SyntaxError: '(' was never closed in `return (x`. Count the brackets"),
        ("def g(x):\n        y = x\n    return y\n", "line 6: IndentationError"),
        ("def g(x):\ny = x\nreturn y\n", "What belongs to it begins 4 blanks further right"),
        ("def g(x):\n\ty = x\n        return y\n", "Indent with blanks only"),
        ("def g(x):\n    y = x\nreturn y\n", "Is the line indented like the rest of its function?"),
        ("def g(x):\n<<<<<<< HEAD\n    return 1\n=======\n    return 2\n>>>>>>> x\n", "A merge was not finished"),
        ("print 'done'\n", "line 4: SyntaxError: Missing parentheses"),
        ("x = “smart”\n", "Quotes of a word processor"),
        ("def g(x):\n    return x + 1\n", "An invisible blank"),
        ("def g(x):\n    return x − 1\n", "This dash is no minus sign"),
        (">>> f(1)\n", "Take out the >>> and ... of Python's prompt"),
        ("```\n", "Take out the ``` lines"),
    ],
    ids=[
        *("colon", "bracket", "indentation", "margin", "tab", "return", "merge", "print", "quotes", "blank", "minus"),
        *("prompt", "fence"),
    ],
)
def test_what_the_compiler_complains_of_is_told_with_what_to_do(slip: str, told: str, play: Play) -> None:
    load, (outcome,) = play(f"{RIGHT}\n{slip}", call("f", 1))
    assert outcome.status is Status.MISSING
    assert told in load.notes[0]
    assert load.message in load.notes[0]


def test_decorator_that_is_not_there_costs_its_own_function_alone(play: Play) -> None:
    """What lies below it was lost once, because a function was said to begin below its decorator."""
    source = f"from numba import njit\n@njit\ndef g(x):\n    return x\n{RIGHT}"
    load, (outcome, missing) = play(source, call("f", 1), call("g", 1))
    assert outcome.value == 1
    assert missing.message == "`g` could not be defined (line 3 of work.py)"
    assert len(load.notes) == 1
    assert "take the decorator out" in load.notes[0]


def test_what_follows_from_a_failed_statement_is_not_told_again(play: Play) -> None:
    source = f"import numpy as np\ndata = np.loadtxt('data.csv')\nX = data[:, 0]\nprint(X.mean())\n{RIGHT}"
    load, (outcome,) = play(source, call("f", 1))
    assert outcome.value == 1
    assert len(load.notes) == 1, load.notes
    assert "data.csv" in load.notes[0]


def test_command_line_costs_itself_alone_and_holds_nothing_of_ours(play: Play) -> None:
    source = (
        "import argparse, sys\nparser = argparse.ArgumentParser()\nparser.add_argument('--lr', required=True)\n"
        f"args = parser.parse_args()\n{RIGHT}def argv():\n    return list(sys.argv)\n"
    )
    load, (outcome, argv) = play(source, call("f", 1), call("argv"))
    assert (outcome.value, argv.value) == (1, ["work.py"])
    assert load.notes == (
        "work.py, line 4: There is no command line here: write the values into the code. The rest was run without it.",
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("class A:\n    def f(self, x): pass", "`f` stands inside the class `A` (line 2 of work.py): move it out"),
        ("def main():\n    def f(x): pass\nmain()", "`f` stands inside the function `main` (line 2 of work.py)"),
        ("if __name__ == '__main__':\n    def f(x): pass", "`f` stands below `if __name__ ==`, which is not run here"),
        ("if 0:\n    def f(x): pass", "`f` stands inside a block that was not run to its end (line 2 of work.py)"),
        ("def g(x): pass\ndef k(x): pass", "`f` is not defined; defined are `k`"),
        ("def F(x): pass", "`f` is not defined; did you mean your `F`?"),
        ("def my_f(x): pass", "`f` is not defined; did you mean your `my_f`?"),
    ],
    ids=["class", "function", "main", "if", "others", "case", "longer"],
)
def test_missing_function_is_looked_for_where_it_stands(source: str, told: str, play: Play) -> None:
    _, (outcome, _) = play(source, call("f", 1), call("g", 1))
    assert (outcome.status, outcome.message[: len(told)]) == (Status.MISSING, told)
    assert why_missing(outcome, is_visible=False) == outcome.message


def test_function_that_is_asked_for_and_defined_twice_is_told(play: Play) -> None:
    source = f"{RIGHT}def g(): pass\ndef g(): pass\n\n\ndef f(x):\n    return 2 * x\n"
    load, (outcome,) = play(source, call("f", 1))
    assert outcome.value == 2
    assert load.notes == ("work.py: `f` is defined twice, last at line 1 and at line 7. The last one counts.",)


def test_name_with_a_slip_is_answered_with_the_one_that_was_meant(play: Play) -> None:
    source = "import numpy as np\ndef f(values):\n    return vaules\ndef g(x):\n    return np.dott(x, x)\n"
    _, (own, library) = play(source, call("f", 1), call("g", 1))
    assert own.message == "name 'vaules' is not defined. Did you mean `values`?"
    assert library.message == "module 'numpy' has no attribute 'dott'. Did you mean `dot`?"


def test_a_syntax_error_says_which_python_reads_the_file(play: Play) -> None:
    """Syntax of a newer Python is right on the student's own computer."""
    load, _ = play("def f[](x):\n    return x\n", call("f", 1))
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]} could run nothing in it." in load.notes[0]


@pytest.mark.parametrize("line", ["import numpy; numpy.loadtxt('data.csv')", "print 'x'"])
def test_a_note_ends_its_sentences_once(line: str, play: Play) -> None:
    load, _ = play(f"def f(x):\n    return x\n{line}\n", call("f", 1))
    assert "found.." not in load.notes[0]
    assert "?." not in load.notes[0]
