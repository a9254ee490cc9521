"""Right work in other ways, and how far work is from a limit."""

import math

import numpy as np
import pytest

from assignments import arithmetic, margins
from assignments.language import Tolerance

TOLERANCE = Tolerance(rtol=1e-6, atol=1e-9)
VECTOR = np.array([1.0, -2.0, 4.0])


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (VECTOR, VECTOR, 0.0),
        (2.0 + 2e-6, 2.0, 2e-6 / (1e-9 + 2e-6)),
        (0.0, 1e-9, 1.0),
        (VECTOR + np.array([0, 1e-5, 0]), VECTOR, 1e-5 / (1e-9 + 2e-6)),
        (5, 4, 1 / (1e-9 + 4e-6)),
        (10**9 + 1, 10**9, 4.0),  # a whole number is never its neighbour, however large it is
        (np.float32(2.0002), 2.0, 0.0002 / (1e-6 + 2e-4)),
        ([1.0, -2.0, 4.0], VECTOR, 0.0),
        ((1.0, VECTOR), (1.0, VECTOR), 0.0),
        ({"a": 1.0}, {"a": 1.0}, 0.0),
        ((1.0, 2.0 + 2e-6), (1.0, 2.0), 2e-6 / (1e-9 + 2e-6)),
        ("a", "a", 0.0),
        (None, None, 0.0),
        (math.inf, math.inf, 0.0),
    ],
)
def test_distance_is_the_worst_entrys_share_of_the_limit(got, want, expected):
    assert margins.distance(got, want, TOLERANCE) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (None, 1.0),
        ("a", "b"),
        ("1", 1.0),
        (VECTOR[:2], VECTOR),
        (np.nan, 1.0),
        (math.inf, 1.0),
        (1.0, math.inf),
        ((1.0,), (1.0, 2.0)),
        (1.0, (1.0, 2.0)),
        ({"a": 1.0}, {"b": 1.0}),
        ([1.0], {"b": 1.0}),
        (1j, 1.0),
    ],
)
def test_another_form_is_infinitely_far_off(got, want):
    assert margins.distance(got, want, TOLERANCE) == math.inf


# --- other ways -------------------------------------------------------------------------------------------------------

STYLES = {
    "@": "def f(A, b): return A @ b",
    "dot": "def f(A, b): return np.dot(A, b)",
    "method": "def f(A, b): return A.dot(b)",
    "sum": "def f(A, b): return np.sum(A * b, axis=1)",
    "method sum": "def f(A, b): return (A * b).sum(axis=1)",
    "mean": "def f(A, b): return (A * b).mean(axis=1) * len(b)",
    "asarray": "def f(A, b): return np.asarray(A, dtype=float) @ np.array(b)",
    "einsum": "def f(A, b): return np.einsum('ij,j->i', A, b)",
    "loops": "def f(A, b): return [sum(x * y for x, y in zip(row, b)) for row in A]",
    "in place": """
def f(A, b):
    total = np.zeros(len(A))
    for j in range(len(b)):
        total += A[:, j] * b[j]
    return total
""",
}


def redone(source, way):
    namespace = {"np": np}
    exec(source, namespace)  # noqa: S102 (our own text)
    arithmetic.redo(namespace, ["f"], way)
    return namespace["f"]


def operands():
    rng = np.random.default_rng(5)
    # Large terms that cancel: another order gives other last digits.
    return rng.normal(0, 1e6, (7, 60)), rng.normal(0, 1e6, 60)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("way", arithmetic.WAYS)
def test_another_way_gives_the_same_result_nearly(style, way):
    A, b = operands()

    got = redone(STYLES[style], way)(A, b)

    scale = np.abs(A) @ np.abs(b)
    assert np.all(np.abs(np.asarray(got, dtype=float) - A @ b) <= (1e-5 if way == "float32" else 1e-14) * scale)
    assert type(got) in {np.ndarray, list}


@pytest.mark.parametrize("style", ["@", "dot", "method", "sum", "method sum", "mean", "asarray"])
def test_sums_really_are_added_up_in_another_order(style):
    """An order of its own that nobody takes would prove nothing."""
    A, b = operands()
    results = {way: redone(STYLES[style], way)(A, b) for way in ("sums reversed", "sums exact")}

    assert not np.array_equal(results["sums reversed"], results["sums exact"])
    products = A * b
    assert np.array_equal(results["sums exact"], [math.fsum(row) for row in products]) or style == "mean"


@pytest.mark.parametrize("way", ["sums reversed", "sums exact"])
@pytest.mark.parametrize(
    "expression",
    [
        "A.sum()", "A.mean()", "np.sum(A)", "A.sum(axis=0)", "A.sum(axis=1, keepdims=True)", "A.mean(axis=0)",
        "np.mean(A, axis=-1)", "A.max(axis=1)", "A.T @ A", "b @ b", "b @ A.T", "np.outer(b, b)[0]", "A[0] * 2",
        "np.exp(-A / 1e7)", "np.where(A > 0, A, 0).sum(axis=0)", "np.maximum(A, 0)", "np.linalg.norm(b)",
        "np.concatenate([b, b])", "A.reshape(-1)", "A.argmax(axis=1)", "np.add.reduce(A)", "np.dot(A, A.T)",
        "np.sum(A, axis=(0, 1))", "np.sum(A > 0)", "(A > 0).mean()", "float(b[0])", "b.copy()", "A.astype(float).sum()",
        "A.sum(keepdims=True)", "np.array([b.sum(), 1.0])", "np.clip(A, -1, 1)", "np.matmul(A, b)", "b.std()",
    ],
)  # fmt: skip
def test_everything_numpy_does_gives_what_it_gave(way, expression):
    A, b = operands()
    want = eval(expression, {"np": np, "A": A, "b": b})  # noqa: S307 (our own text)

    got = redone(f"def f(A, b): return {expression}", way)(A, b)

    assert np.shape(got) == np.shape(want)
    assert got is not None
    assert not isinstance(got, arithmetic._Reordered)
    assert np.allclose(got, want, rtol=1e-9, atol=1e-3)


def test_single_precision_goes_in_and_comes_out():
    seen = []

    def f(x, model):
        seen.append((x.dtype, model["w"].dtype))
        model["w"] += 1
        return {"x": x, "loss": 0.5, "n": 3, "rows": [x, 1.5]}

    namespace = {"f": f}
    arithmetic.redo(namespace, ["f"], "float32")
    model = {"w": np.zeros(2)}
    result = namespace["f"](VECTOR, model)

    # What an assignment hands over to be changed is handed over as it is.
    assert seen == [(np.float32, np.float64)]
    assert model["w"].tolist() == [1.0, 1.0]
    assert (result["x"].dtype, type(result["loss"]), type(result["n"])) == (np.float32, np.float32, int)
    assert (result["rows"][0].dtype, type(result["rows"][1])) == (np.float32, np.float32)


def test_function_that_is_missing_is_left_missing():
    namespace = {}
    arithmetic.redo(namespace, ["f"], "float32")

    assert namespace == {}
