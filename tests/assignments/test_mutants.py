"""Mutants: every kind of small fault is made, each once, and only where a check could notice."""

import textwrap

import pytest

from assignments import mutants


def changes_of(source):
    return {(mutant.line, mutant.change) for mutant in mutants.make_mutants("right.py", textwrap.dedent(source))}


@pytest.mark.parametrize(
    ("line", "change", "mutated"),
    [
        ("return a + b", "+ -> -", "return a - b"),
        ("return a * b", "* -> +", "return a + b"),
        ("return a ** b", "** -> *", "return a * b"),
        ("return a @ b", "@ -> *", "return a * b"),
        ("return a > b", "> -> >=", "return a >= b"),
        ("return a > b", "> -> <", "return a < b"),
        ("return a == b", "== -> !=", "return a != b"),
        ("return a and b", "and -> or", "return a or b"),
        ("return -a", "sign or not dropped", "return a"),
        ("return 1 if a else b", "condition turned round", "return 1 if not a else b"),
        ("return a.sum(axis=0)", "0 -> 1", "return a.sum(axis=1)"),
        ("return a[2]", "2 -> 3", "return a[3]"),
        ("return a[1:]", "lower bound dropped", "return a[:]"),
        ("return a[:b]", "upper bound dropped", "return a[:]"),
        ("return f(a, b)", "first two arguments of f swapped", "return f(b, a)"),
        ("return True", "True -> False", "return False"),
        ("return f(a, b, 1)", "arguments 2 and 3 of f swapped", "return f(a, 1, b)"),
        ("return (a, b)", "returned items 1 and 2 swapped", "return (b, a)"),
        ("return np.tanh(a)", "np.tanh(…) left out", "return a"),
        ("return a.copy()", ".copy() dropped", "return a"),
        ("return a.T", ".T dropped", "return a"),
        ("return a @ b", "left of @ transposed", "return a.T @ b"),
        ("return np.sum(a, axis=0)", "axis of np.sum dropped", "return np.sum(a)"),
        ("return a.sum()", "sum -> mean", "return a.mean()"),
        ("return max(a)", "max -> min", "return min(a)"),
        ("return np.argmax(a)", "argmax -> argmin", "return np.argmin(a)"),
        ("return a[0, b]", "the two indices swapped", "return a[b, 0]"),
        ("return a[::2]", "step dropped", "return a[:]"),
        ("return a[-1]", "sign or not dropped", "return a[1]"),
        ("return a.sum(keepdims=True)", "True -> False", "return a.sum(keepdims=False)"),
        ("return a", "removed", "pass"),
    ],
)
def test_fault_is_made(line, change, mutated):
    source = f"def f(a, b):\n    {line}\n"

    made = {m.change: m.source for m in mutants.make_mutants("right.py", source)}

    assert made[change] == f"def f(a, b):\n    {mutated}"


@pytest.mark.parametrize(
    "line",
    [
        "return float(a)",  # still right
        "return len(a)",  # falls over
        "return np.random.default_rng()",  # a module is no value
        "return a.T @ b.T",
        "return sum(entry for entry in a)",
    ],
)
def test_fault_that_tells_nothing_is_not_made(line):
    source = f"import numpy as np\n\ndef f(a, b):\n    {line}\n"

    made = {mutant.change for mutant in mutants.make_mutants("right.py", source)}

    assert not {change for change in made if "left out" in change or "transposed" in change or "()" in change}


def test_call_that_nobody_uses_is_removed_and_not_also_replaced():
    assert changes_of("def f(a):\n    a.append(g(1))\n") == {
        ("a.append(g(1))", "removed"),
        ("a.append(g(1))", "g(…) left out"),
        ("a.append(g(1))", "1 -> 2"),
        ("a.append(g(1))", "1 -> 0"),
    }


def test_default_of_an_argument_is_changed():
    assert ("def f(x, a=1):", "1 -> 2") in changes_of("def f(x, a=1):\n    return x\n")


def test_statements_of_a_loop_are_removed_one_by_one():
    source = """
        def f(x):
            total = 0
            for entry in x:
                total += entry
                if total > 9:
                    break
            return total
    """
    removed = {line for line, change in changes_of(source) if change == "removed"}

    assert removed == {"total = 0", "for entry in x:", "total += entry", "if total > 9:", "break", "return total"}


def test_what_only_speaks_to_people_is_left_alone():
    source = '''
        import numpy as np

        LIMIT = 3

        def f(x):
            """Return 1 + 1."""
            print("f", x + 1)
            return x

        print(f(1))
    '''
    assert changes_of(source) == {("return x", "removed")}


def test_lambda_is_mutated_like_a_function():
    assert ("f = lambda x: x + 1", "+ -> -") in changes_of("f = lambda x: x + 1\n")


def test_no_two_mutants_are_alike_and_none_is_the_original():
    source = "def f(x):\n    return x + x\n"

    sources = [mutant.source for mutant in mutants.make_mutants("right.py", source)]

    assert len(set(sources)) == len(sources)
    assert source.strip() not in sources


def test_equivalent_covers_its_line_and_changes_only(tmp_path):
    (tmp_path / "equivalent.toml").write_text(
        '[[equivalent]]\nexemplar = "right.py"\nline = "return x + x"\nchanges = ["+ -> *"]\nreason = "x is 2 or 0"\n',
        "utf-8",
    )
    (entry,) = mutants.load_equivalents(tmp_path)

    assert entry.covers(mutants.Mutant("right.py", "return x + x", "+ -> *", ""))
    assert not entry.covers(mutants.Mutant("right.py", "return x + x", "+ -> -", ""))
    assert not entry.covers(mutants.Mutant("other.py", "return x + x", "+ -> *", ""))
    assert not entry.covers(mutants.Mutant("right.py", "y = x + x", "+ -> *", ""))


def test_folder_without_a_list_has_no_equivalents(tmp_path):
    assert mutants.load_equivalents(tmp_path) == ()


@pytest.mark.parametrize("text", ["[[equivalent]]\nline = 'a'\n", "not toml", "equivalent = [1]\n"])
def test_list_that_lacks_something_is_refused(tmp_path, text):
    (tmp_path / "equivalent.toml").write_text(text, "utf-8")

    with pytest.raises(mutants.EquivalentError, match=r"equivalent\.toml"):
        mutants.load_equivalents(tmp_path)
