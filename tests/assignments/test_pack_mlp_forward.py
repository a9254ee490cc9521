"""The forward pass on solutions beyond the exemplars: no right one may fail, no wrong one pass whole."""

import numpy as np
import pytest

from assignments import catalog
from tests.assignments.sample_work import grade_source, scores

RIGHT = """
import numpy as np
import math
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def forward(x, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    return h, p
def forward_batch(X, W0, b0, W1, b1):
    H = sigmoid(X @ W0.T + b0)
    P = sigmoid(H @ W1.T + b1)
    return H, P
def squared_loss(p, y):
    return 0.5 * np.sum((p - y) ** 2)
"""
LAYER_BY_LAYER = """
def forward(x, w, b, v, c):
    out = []
    for m, t in ((w, b), (v, c)):
        x = sigmoid(m @ x + t)
        out.append(x)
    return out
"""
RECURSIVE = """
def forward(x, *w):
    if not w:
        return ()
    h = sigmoid(w[0] @ x + w[1])
    return (h, *forward(h, *w[2:]))
"""
TWO_LISTS = """
def forward_batch(X, *w):
    rows = [forward(x, *w) for x in X]
    return [row[0] for row in rows], [row[1] for row in rows]
"""
ROW_BY_ROW = """
def forward_batch(X, W0, b0, W1, b1):
    H = np.zeros((len(X), len(b0)))
    P = np.empty((len(X), len(b1)))
    for i, x in enumerate(X):
        H[i], P[i] = forward(x, W0, b0, W1, b1)
    return H, P
"""
FIRST_FOR_ALL = """
def forward_batch(X, *w):
    h, p = forward(X[0], *w)
    return [h] * len(X), [p] * len(X)
"""
FULL = {"forward": 5, "forward_batch": 4, "squared_loss": 3}
SEEDS = [f"seed {i}".encode() for i in range(5)]


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("mlp_forward")


def one(hidden="sigmoid(W0 @ x + b0)", output="sigmoid(W1 @ h + b1)", result="h, p"):
    return f"def forward(x, W0, b0, W1, b1):\n    h = {hidden}\n    p = {output}\n    return {result}\n"


def batch(hidden="sigmoid(X @ W0.T + b0)", output="sigmoid(H @ W1.T + b1)", result="H, P"):
    return f"def forward_batch(X, W0, b0, W1, b1):\n    H = {hidden}\n    P = {output}\n    return {result}\n"


def loss(value):
    return f"def squared_loss(p, y):\n    return {value}\n"


def test_points_are_the_courses(assignment):
    assert {question.id: question.points for question in assignment.questions} == FULL


@pytest.mark.parametrize(
    "code",
    [
        one(result="[h, p]"),
        one(result="list(h), tuple(p)"),
        one(result="h.astype(np.float32), p.astype(np.float32)"),
        one("sigmoid(np.float32(W0) @ np.float32(x) + np.float32(b0))", "sigmoid(np.float32(W1) @ h + np.float32(b1))"),
        one("sigmoid(np.dot(x, W0.T) + b0)", "sigmoid(np.inner(W1, h) + b1)"),
        one("sigmoid((W0 * x).sum(axis=1) + b0)", "sigmoid(np.sum(W1 * h[None, :], 1) + b1)"),
        one("sigmoid(np.tensordot(W0, x, 1) + b0)", "sigmoid(np.einsum('ch,h', W1, h) + b1)"),
        one("np.array([sigmoid(np.vdot(r, x) + b) for r, b in zip(W0, b0)])"),
        one("[sigmoid(W0[j] @ x + b0[j]) for j in range(len(b0))]", "[sigmoid(w @ h + b) for w, b in zip(W1, b1)]"),
        one("[float(v) for v in sigmoid(W0 @ x + b0)]", "[np.float64(v) for v in sigmoid(W1 @ np.array(h) + b1)]"),
        one("np.asarray(np.matrix(W0) @ np.matrix(x).T).ravel() + b0\n    h = sigmoid(h)"),
        one("np.vectorize(lambda t: 1 / (1 + math.exp(-t)))(W0 @ x + b0)"),
        one("(1 + np.tanh((W0 @ x + b0) / 2)) / 2", "1 - 1 / (1 + np.exp(W1 @ h + b1))"),
        one("np.exp(W0 @ x + b0)\n    h = h / (1 + h)"),
        one("np.apply_along_axis(lambda r: sigmoid(r @ x), 1, W0)\n    h = sigmoid(W0 @ x + b0)"),
        "def forward(x, *w):\n    H, P = forward_batch(x.reshape(1, -1), *w)\n    return H[0], P[0]\n",
        LAYER_BY_LAYER,
        RECURSIVE,
        "def forward(x, W0, b0, W1, b1):\n    b0 += W0 @ x\n    h = sigmoid(b0)\n    return h, sigmoid(W1 @ h + b1)\n",
        "forward = lambda x, A, a, B, b: (lambda h: (h, sigmoid(B @ h + b)))(sigmoid(A @ x + a))\n",
        batch("sigmoid(np.dot(X, W0.transpose()) + b0.reshape(1, -1))"),
        batch("sigmoid(W0 @ X.T + b0[:, None])", "sigmoid(W1 @ H + b1[:, None])", "H.T, P.T"),
        batch("sigmoid(np.einsum('nd,hd->nh', X, W0) + b0)", "sigmoid(np.inner(H, W1) + b1)"),
        batch("sigmoid((X[:, None, :] * W0[None]).sum(-1) + b0)"),
        batch("np.stack([sigmoid(W0 @ x + b0) for x in X])", result="H.tolist(), P.tolist()"),
        batch(result="H.astype('float32'), P.astype('float32')"),
        TWO_LISTS,
        "def forward_batch(X, *w):\n    return tuple(map(np.array, zip(*(forward(x, *w) for x in X))))\n",
        ROW_BY_ROW,
        loss("np.dot(p - y, p - y) / 2"),
        loss("np.linalg.norm(np.subtract(p, y)) ** 2 / 2"),
        loss("sum((a - b) ** 2 for a, b in zip(p, y)) / 2"),
        loss("np.mean((p - y) ** 2) * len(p) / 2"),
        loss("np.float32(0.5 * np.sum((p - y) ** 2))"),
        loss("np.array(0.5 * np.sum((y - p) ** 2))"),
        loss("(0.5 * np.square(y - p)).sum()"),
        loss("float((p @ p - 2 * p @ y + y @ y) / 2)"),
        loss("((p - y).reshape(1, -1) @ (p - y).reshape(-1, 1)).item() / 2"),
    ],
)  # fmt: skip
def test_right_work_is_right_in_any_form(assignment, code):
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert scores(results) == FULL, {name: result.feedback for name, result in results.items()}


LOOPED = "[sigmoid(sum({W}[i][j] * {a}[i] for i in range(len({a}))) + {b}[j]) for j in range(len({b}))]"


@pytest.mark.parametrize(
    ("code", "question", "mistake"),
    [
        (one(output="W1 @ h + b1"), "forward", "activation-missing"),
        (one(output="np.dot(W1, h) + b1", hidden="W0 @ x + b0"), "forward", "activation-missing"),
        (one(hidden="W0 @ x + b0"), "forward", "activation-missing"),
        (one("sigmoid(W0 @ x)", "sigmoid(W1 @ h)"), "forward", "bias-forgotten"),
        (one("sigmoid(W0 @ x)"), "forward", "bias-forgotten"),
        (one(output="sigmoid(h @ W1.T)"), "forward", "bias-forgotten"),
        (one("sigmoid(W0 @ x)", "W1 @ h + b1"), "forward", "bias-forgotten"),
        (one("sigmoid(W0 @ x) + b0", "sigmoid(W1 @ h) + b1"), "forward", "bias-after-activation"),
        (one("sigmoid(W0 @ x) + b0", "W1 @ h + b1"), "forward", "bias-after-activation"),
        (one(output="sigmoid(W1 @ h) + b1"), "forward", "bias-after-activation"),
        (one("sigmoid(W0.T @ x + b0)", "sigmoid(W1.T @ h + b1)"), "forward", "transposed"),
        (one("sigmoid(np.dot(x, W0) + b0)"), "forward", "transposed"),
        (one(output="sigmoid(np.einsum('hc,h->c', W1, h) + b1)"), "forward", "transposed"),
        (one(LOOPED.format(W="W0", a="x", b="b0")), "forward", "transposed"),
        (one(LOOPED.format(W="W0", a="x", b="b0"), LOOPED.format(W="W1", a="h", b="b1")), "forward", "transposed"),
        (one(output=LOOPED.format(W="W1", a="h", b="b1")), "forward", "transposed"),
        (one("sigmoid(W0.T @ x)", "sigmoid(W1 @ h)"), "forward", "transposed"),
        (one(result="p, h"), "forward", "swapped"),
        (one(result="p"), "forward", "outputs-only"),
        (one(output="sigmoid(W1 @ h + b1)", result="h[:, None], p[:, None]"), "forward", "columns"),
        (one("np.tanh(W0 @ x + b0)"), "forward", "tanh-for-sigmoid"),
        (one("sigmoid(W0 @ x + b0[0])", "sigmoid(W1 @ h + b1[0])"), "forward", "bias-shared"),
        (batch("sigmoid(X @ W0 + b0)", "sigmoid(H @ W1 + b1)"), "forward_batch", "transposed"),
        (batch("sigmoid(np.dot(X, W0) + b0)"), "forward_batch", "transposed"),
        (batch("sigmoid(X @ W0.T)", "sigmoid(H @ W1.T)"), "forward_batch", "bias-forgotten"),
        (batch(output="sigmoid(H @ W1.T) + b1"), "forward_batch", "bias-after-activation"),
        (batch(output="H @ W1.T + b1"), "forward_batch", "activation-missing"),
        (batch("sigmoid(W0 @ X + b0)", "sigmoid(W1 @ H + b1)"), "forward_batch", "one-sample-formula"),
        (batch(result="H.T, P.T"), "forward_batch", "samples-in-columns"),
        (loss("np.sum((p - y) ** 2)"), "squared_loss", "half-missing"),
        (loss("np.dot(y - p, y - p)"), "squared_loss", "half-missing"),
        (loss("np.mean((p - y) ** 2)"), "squared_loss", "mean-for-sum"),
        (loss("np.mean((p - y) ** 2) / 2"), "squared_loss", "mean-for-sum"),
        (loss("np.sum((p - y) ** 2) / len(p)"), "squared_loss", "mean-for-sum"),
        (loss("np.sum((p - y) ** 2) / (2 * len(p))"), "squared_loss", "mean-for-sum"),
        (loss("0.5 * np.sum(p - y) ** 2"), "squared_loss", "sum-before-square"),
        (loss("0.5 * (p - y) ** 2"), "squared_loss", "not-summed"),
        (loss("np.linalg.norm(p - y) / 2"), "squared_loss", "not-squared"),
        (loss("np.linalg.norm(p - y)"), "squared_loss", "not-squared"),
        (loss("0.5 * (p[0] - y[0]) ** 2"), "squared_loss", "output-left-out"),
        (loss("0.5 * (p[-1] - y[-1]) ** 2"), "squared_loss", "output-left-out"),
        (loss("0.5 * np.sum((p - y)[:-1] ** 2)"), "squared_loss", "output-left-out"),
        (loss("0.5 * np.sum((p - y)[1:] ** 2)"), "squared_loss", "output-left-out"),
        (one(result="W0 @ x + b0, W1 @ h + b1"), "forward", "activation-missing"),
        (batch(result="X @ W0.T + b0, H @ W1.T + b1"), "forward_batch", "activation-missing"),
        (batch(result="H[:1], P[:1]"), "forward_batch", "one-sample-only"),
    ],
)  # fmt: skip
def test_wrong_work_is_named_and_costs_its_own_question_only(assignment, code, question, mistake):
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert scores(results) == {**FULL, question: 0}
        assert results[question].mistake == mistake, results[question].feedback


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (one("sigmoid(W0 @ x + b0 + 1e-3)"), "forward"),
        (one("sigmoid(W0 @ x + abs(b0))"), "forward"),
        (one("np.clip(W0 @ x + b0, 0, 1)"), "forward"),
        (one("sigmoid(sigmoid(W0 @ x + b0))"), "forward"),
        (one(result="np.round(h, 4), np.round(p, 4)"), "forward"),
        (one(result="h[:2], p[:2]"), "forward"),
        (one("sigmoid(np.sort(W0 @ x + b0))"), "forward"),
        (one("sigmoid(W0[:, :2] @ x[:2] + b0)"), "forward"),
        ("def forward(x, W0, b0, W1, b1):\n    return np.full(len(b0), 0.5), np.full(len(b1), 0.5)\n", "forward"),
        (batch(result="np.round(H, 4), np.round(P, 4)"), "forward_batch"),
        (batch("sigmoid(X @ W0.T + b0)[::-1]"), "forward_batch"),
        (batch("sigmoid(X @ W0.T + b0.mean())"), "forward_batch"),
        (FIRST_FOR_ALL, "forward_batch"),
        (loss("0.5 * np.max((p - y) ** 2)"), "squared_loss"),
        (loss("0.5 * np.sum((p - y) ** 2) ** 2"), "squared_loss"),
        (loss("0.5 * np.sum((p + y) ** 2)"), "squared_loss"),
        (loss("0.5 * np.sum(p ** 2 - y ** 2)"), "squared_loss"),
        (loss("round(0.5 * np.sum((p - y) ** 2), 3)"), "squared_loss"),
        (loss("str(0.5 * np.sum((p - y) ** 2))"), "squared_loss"),
        (loss("[0.5 * np.sum((p - y) ** 2)]"), "squared_loss"),
    ],
)  # fmt: skip
def test_work_wrong_in_an_unlisted_way_is_neither_named_nor_whole(assignment, code, question):
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert scores(results)[question] == 0
        assert results[question].mistake is None
        assert results[question].feedback


def test_mean_of_two_squares_is_right_for_two_outputs_and_still_named(assignment):
    """The deck's own network has two outputs, where this mistake cannot show."""
    result = grade_source(assignment, RIGHT + loss("np.mean((p - y) ** 2)"))["squared_loss"]

    assert {check.verdict for check in result.checks if check.name == "2 outputs"} == {"passed"}
    assert result.mistake == "mean-for-sum"


def test_words_for_a_slip_tell_the_layer(assignment):
    hidden = grade_source(assignment, RIGHT + one("sigmoid(W0 @ x)"))["forward"].feedback[0]
    both = grade_source(assignment, RIGHT + one("sigmoid(W0 @ x)", "sigmoid(W1 @ h)"))["forward"].feedback[0]

    assert "In the hidden layer" in hidden
    assert "In both layers" in both


def test_changed_arguments_are_reported_and_decide_nothing(assignment):
    code = "def squared_loss(p, y):\n    p -= y\n    return 0.5 * np.sum(p ** 2)\n"

    result = grade_source(assignment, RIGHT + code)["squared_loss"]

    assert result.score == 3
    assert "An argument was changed in place: `p`" in result.feedback[0]


def test_cases_have_the_sizes_that_tell_mistakes_apart(assignment):
    from assignments.mlp_forward import cases

    shapes = [check.script.steps[0].args[3].shape for check in cases.forward_checks(np.random.default_rng(0))]

    assert {outputs for outputs, _ in shapes} >= {1, 2, 3, 4}
    assert any(outputs == hidden > 1 for outputs, hidden in shapes)
    assert any(outputs != hidden for outputs, hidden in shapes)
