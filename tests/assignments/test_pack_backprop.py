"""The gradients on solutions beyond the exemplars: no right one may fail, no wrong one pass whole."""

import numpy as np
import pytest

from assignments import catalog
from tests.assignments.sample_work import grade_source, scores

RIGHT = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def graph_gradients(x, y, z):
    return y, x, np.ones_like(z)
def neuron_gradients(x, w, b, y):
    a = sigmoid(x @ w + b)
    dz = (a - y) * a * (1 - a)
    return dz * x, dz
def network_gradients(x, y, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    dz1 = (p - y) * p * (1 - p)
    dz0 = (W1.T @ dz1) * h * (1 - h)
    return np.outer(dz0, x), dz0, np.outer(dz1, h), dz1
"""
FULL = {"graph_gradients": 3, "neuron_gradients": 5, "network_gradients": 8}
SEEDS = [f"seed {i}".encode() for i in range(5)]


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("backprop")


def graph(x="y", y="x", z="np.ones_like(z)"):
    return f"def graph_gradients(x, y, z):\n    return {x}, {y}, {z}\n"


def neuron(dz="(a - y) * a * (1 - a)", result="dz * x, dz", z="x @ w + b", a="sigmoid(z)"):
    return f"def neuron_gradients(x, w, b, y):\n    z = {z}\n    a = {a}\n    dz = {dz}\n    return {result}\n"


def network(
    dz1="(p - y) * p * (1 - p)",
    back="W1.T @ dz1",
    dz0="back * h * (1 - h)",
    result="np.outer(dz0, x), dz0, np.outer(dz1, h), dz1",
    before="pass",
):
    return (
        "def network_gradients(x, y, W0, b0, W1, b1):\n    z0 = W0 @ x + b0\n    h = sigmoid(z0)\n"
        f"    z1 = W1 @ h + b1\n    p = sigmoid(z1)\n    dz1 = {dz1}\n    {before}\n    back = {back}\n"
        f"    dz0 = {dz0}\n    return {result}\n"
    )


NUMERICALLY = """
def network_gradients(x, y, *parameters):
    def loss():
        a = x
        for W, b in zip(copies[::2], copies[1::2]):
            a = sigmoid(W @ a + b)
        return 0.5 * np.sum((a - y) ** 2)
    copies = [np.array(v) for v in parameters]
    grads = []
    for v in copies:
        g = np.zeros_like(v)
        for i in np.ndindex(v.shape):
            old, e = v[i], 1e-5
            v[i] = old + e
            up = loss()
            v[i] = old - e
            g[i] = (up - loss()) / (2 * e)
            v[i] = old
        grads.append(g)
    return grads
"""
GENERAL = """
def network_gradients(x, y, *params):
    weights, biases = params[0::2], params[1::2]
    acts = [x]
    for W, b in zip(weights, biases):
        acts.append(sigmoid(W.dot(acts[-1]) + b))
    delta = (acts[-1] - y) * acts[-1] * (1 - acts[-1])
    grads = []
    for i in reversed(range(len(weights))):
        grads[:0] = [np.outer(delta, acts[i]), delta]
        delta = weights[i].T.dot(delta) * acts[i] * (1 - acts[i])
    return grads
"""
PATHS = """
def network_gradients(x, y, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    dW0, dW1 = np.zeros(W0.shape), np.zeros(W1.shape)
    db0, db1 = np.zeros(len(b0)), np.zeros(len(b1))
    for k in range(len(p)):
        d = (p[k] - y[k]) * p[k] * (1 - p[k])
        db1[k] = d
        for j in range(len(h)):
            dW1[k, j] = d * h[j]
            e = d * W1[k, j] * h[j] * (1 - h[j])
            db0[j] += e
            for i in range(len(x)):
                dW0[j, i] += e * x[i]
    return dW0, db0, dW1, db1
"""
IN_FLOAT32 = """
def network_gradients(*arguments):
    x, y, W0, b0, W1, b1 = (np.float32(a) for a in arguments)
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    d1 = (p - y) * p * (1 - p)
    d0 = (W1.T @ d1) * h * (1 - h)
    return np.outer(d0, x), d0, np.outer(d1, h), d1
"""
IN_PLACE_LATE = """
def network_gradients(x, y, W0, b0, W1, b1):
    h = sigmoid(W0 @ x + b0)
    p = sigmoid(W1 @ h + b1)
    d1 = (p - y) * p * (1 - p)
    d0 = (W1.T @ d1) * h * (1 - h)
    W1 -= 0.5 * np.outer(d1, h)
    W0 -= 0.5 * np.outer(d0, x)
    return np.outer(d0, x), d0, np.outer(d1, h), d1
"""


RIGHT_FORMS = [
    graph("y.tolist()", "x.tolist()", "[[1] * z.shape[1]] * len(z)"),
    graph("1.0 * y", "1.0 * x", "z ** 0"),
    graph("np.float32(y)", "np.float32(x)", "np.ones(x.shape, dtype=int)"),
    graph("np.copy(y)", "np.copy(x)", "np.full(z.shape, True)"),
    graph("y + 0 * x", "x + 0 * y", "0 * x + 1"),
    "def graph_gradients(a, b, c):\n    return [b, a, np.ones(a.shape)]\n",
    neuron(result="[dz * v for v in x], float(dz)"),
    neuron(result="(dz * x).astype(np.float32), np.float32(dz)"),
    neuron("-(y - a) * a * (1 - a)"),
    neuron("(a - y) * (a - a ** 2)"),
    neuron("(a - y) * np.exp(-z) / (1 + np.exp(-z)) ** 2"),
    neuron("(a - y) * sigmoid(z) * sigmoid(-z)", z="np.sum(x * w) + b"),
    neuron("2 * 0.5 * (a - y) * a * (1 - a)", result="np.multiply(x, dz), np.array(dz)"),
    neuron(z="np.dot(np.append(x, 1), np.append(w, b))"),
    neuron(a="1 / 2 + np.tanh(z / 2) / 2", result="np.array([dz * v for v in x]), dz.item()"),
    network(result="[np.outer(dz0, x), dz0, np.outer(dz1, h), dz1]"),
    network(result="dz0[:, None] * x, dz0, dz1[:, None] * h[None], dz1"),
    network(result="np.einsum('i,j', dz0, x), dz0, np.einsum('i,j->ij', dz1, h), dz1"),
    network(result="np.outer(x, dz0).T, dz0, (h[:, None] @ dz1[None]).T, dz1"),
    network(result="np.outer(dz0, x).tolist(), list(dz0), np.outer(dz1, h).tolist(), tuple(dz1)"),
    network(result="tuple(np.float32(g) for g in (np.outer(dz0, x), dz0, np.outer(dz1, h), dz1))"),
    network(back="dz1 @ W1"),
    network(back="sum(dz1[k] * W1[k] for k in range(len(dz1)))"),
    network(back="np.sum(W1 * dz1[:, None], axis=0)"),
    network("-(y - p) * sigmoid(z1) * (1 - sigmoid(z1))", dz0="back * sigmoid(z0) * sigmoid(-z0)"),
    IN_FLOAT32,
    NUMERICALLY,
    GENERAL,
    PATHS,
    IN_PLACE_LATE,
]


@pytest.mark.parametrize("code", RIGHT_FORMS)
def test_right_work_is_right_in_any_form(assignment, code):
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert scores(results) == FULL, {name: result.feedback for name, result in results.items()}


LOOP = "for k in range(len(y)): path = W1[k] * dz1[k]"


@pytest.mark.parametrize(
    ("code", "score", "mistake"),
    [
        (network(dz0="back"), 4, "slope-missing"),
        (network("p - y"), 0, "slope-missing"),
        (network("p - y", dz0="back"), 0, "slope-missing"),
        (network(back="W1.T @ (p - y)"), 4, "slope-missing"),
        (network("p - y", back="W1.T @ (dz1 * p * (1 - p))"), 4, "slope-missing"),
        (network(back="W1[0] * dz1[0]"), 4, "one-path"),
        (network(back="path", before=LOOP), 4, "one-path"),
        (network("p - y", back="W1[0] * dz1[0]"), 0, "slope-missing"),
        (network(result="np.outer(x, dz0), dz0, np.outer(h, dz1), dz1"), 4, "transposed"),
        (network(result="np.outer(dz0, x), dz0, np.outer(dz1, h).T, dz1"), 6, "transposed"),
        (network(result="np.outer(dz0, x).T, dz0, np.outer(dz1, h), dz1"), 6, "transposed"),
        (network(back="W1 @ dz1"), 0, "transposed"),
        (network(back="np.dot(dz1, W1.T)"), 0, "transposed"),
        (network(back="W1 @ dz1 if len(h) == len(p) else W1.T @ dz1"), 4, "transposed"),
        (network(back="W1[:-1].T @ dz1[:-1]"), 4, "path-left-out"),
        (network(back="W1[1:].T @ dz1[1:]"), 4, "path-left-out"),
        (network(back="sum(w * d for w, d in list(zip(W1, dz1))[:2])"), 4, "path-left-out"),
        (network("np.abs(p - y) * p * (1 - p)"), 0, "absolute-error"),
        (network(before="W1 = W1 - 0.2 * np.outer(dz1, h)"), 4, "updated-too-soon"),
        (network(before="W1 = W1 - 0.001 * np.outer(dz1, h)"), 4, "updated-too-soon"),
        (network("(y - p) * p * (1 - p)"), 0, "sign-flipped"),
        (network(result="-np.outer(dz0, x), -dz0, -np.outer(dz1, h), -dz1"), 0, "sign-flipped"),
        (network(result="np.outer(dz0, x), dz0, -np.outer(dz1, h), -dz1"), 4, "sign-flipped"),
        (network(before="W1 = W1 - 0.5 * np.outer(dz1, h)"), 4, "updated-too-soon"),
        (network(before="W1 -= np.outer(dz1, h)"), 4, "updated-too-soon"),
        (network(before="W1 -= 0.1 * np.outer(dz1, h)"), 4, "updated-too-soon"),
        (network(before="W1 -= 0.01 * np.outer(dz1, h)"), 4, "updated-too-soon"),
        (network("2 * (p - y) * p * (1 - p)"), 0, "doubled"),
        (network(result="2 * np.outer(dz0, x), 2 * dz0, 2 * np.outer(dz1, h), 2 * dz1"), 0, "doubled"),
        (network("2 * (p - y) * p * (1 - p)", dz0="back"), 0, "slope-missing"),
        (network("2 * (y - p) * p * (1 - p)"), 0, "sign-flipped"),
        (network("(y - p)"), 0, "slope-missing"),
        (network("(y - p) * p * (1 - p)", dz0="back"), 0, "slope-missing"),
        (network("(y - p) * p * (1 - p)", back="W1[0] * dz1[0]"), 0, "one-path"),
        (network(dz0="back", result="np.outer(x, dz0), dz0, np.outer(h, dz1), dz1"), 2, "slope-missing"),
        (network("(p - y) / len(y) * p * (1 - p)"), 0, "mean-for-sum"),
        (network(dz0="back * h"), 4, "sigma-for-its-slope"),
    ],
)
def test_wrong_network_keeps_its_right_gradients_and_is_named(assignment, code, score, mistake):
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert scores(results) == {**FULL, "network_gradients": score}
        assert results["network_gradients"].mistake == mistake, results["network_gradients"].feedback


@pytest.mark.parametrize(
    ("code", "question", "mistake"),
    [
        (neuron("a - y"), "neuron_gradients", "slope-missing"),
        (neuron("y - a"), "neuron_gradients", "slope-missing"),
        (neuron("2 * (a - y)"), "neuron_gradients", "slope-missing"),
        (neuron("(y - a) * a * (1 - a)"), "neuron_gradients", "sign-flipped"),
        (neuron("2 * (a - y) * a * (1 - a)"), "neuron_gradients", "doubled"),
        (neuron("2 * (y - a) * a * (1 - a)"), "neuron_gradients", "sign-flipped"),
        (neuron("abs(a - y) * a * (1 - a)"), "neuron_gradients", "absolute-error"),
        (neuron(result="dz * x, a - y"), "neuron_gradients", "slope-missing"),
        (neuron(result="(a - y) * x, dz"), "neuron_gradients", "slope-missing"),
        (neuron(result="dz * x, -dz"), "neuron_gradients", "sign-flipped"),
        (neuron(result="-dz * x, dz"), "neuron_gradients", "sign-flipped"),
        (neuron("(a - y) * a"), "neuron_gradients", "sigma-for-its-slope"),
        (neuron("(a - y) * sigmoid(a) * (1 - sigmoid(a))"), "neuron_gradients", "sigmoid-twice"),
        (neuron(result="dz, dz"), "neuron_gradients", "x-missing"),
        (neuron(result="np.full(len(x), dz), dz"), "neuron_gradients", "x-missing"),
        (neuron(result="dz * x, dz * x"), "neuron_gradients", "x-present"),
        (neuron(result="(dz * x)[:, None], dz"), "neuron_gradients", "transposed"),
        (neuron(z="x @ w"), "neuron_gradients", "bias-forgotten"),
        (graph("x", "y"), "graph_gradients", "swapped"),
        (graph("-y", "-x", "-np.ones_like(z)"), "graph_gradients", "sign-flipped"),
        (graph("y.T", "x.T", "np.ones_like(z).T"), "graph_gradients", "transposed"),
        (graph("y.T", "x.T"), "graph_gradients", "transposed"),
        (graph("-y", "x"), "graph_gradients", "sign-flipped"),
        (graph("y", "-x"), "graph_gradients", "sign-flipped"),
        (graph(z="-np.ones_like(z)"), "graph_gradients", "sign-flipped"),
        (graph("2 * y", "2 * x", "2 * np.ones_like(z)"), "graph_gradients", "doubled"),
        (graph(z="z"), "graph_gradients", "own-value"),
        (graph(z="1"), "graph_gradients", "single-number"),
        (graph("y * z", "x * z", "x * y"), "graph_gradients", "product-for-sum"),
    ],
)
def test_wrong_work_is_named_and_costs_its_own_question_only(assignment, code, question, mistake):
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert scores(results) == {**FULL, question: 0}
        assert results[question].mistake == mistake, results[question].feedback


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (network(before="W1 = W1 - 0.3 * np.outer(dz1, h)"), "network_gradients"),
        (network(back="W1.T @ dz1 + 1e-3"), "network_gradients"),
        (network(back="np.abs(W1.T @ dz1)"), "network_gradients"),
        (network(back="np.max(W1.T * dz1, axis=1)"), "network_gradients"),
        (network(result="np.outer(dz0, x), np.sort(dz0), np.outer(dz1, h), dz1"), "network_gradients"),
        (network(result="np.outer(dz0, x)[:3], dz0[:3], np.outer(dz1, h), dz1"), "network_gradients"),
        (network(result="np.round(np.outer(dz0, x), 4), dz0, np.outer(dz1, h), dz1"), "network_gradients"),
        (network(result="0 * W0, 0 * b0, 0 * W1, 0 * b1"), "network_gradients"),
        (neuron("(a - y) ** 2 * a * (1 - a)"), "neuron_gradients"),
        (neuron("(a - y) * a * (1 - a) ** 2"), "neuron_gradients"),
        (neuron(result="dz * x, round(dz, 4)"), "neuron_gradients"),
        (neuron(result="dz * abs(x), dz"), "neuron_gradients"),
        (graph("x * y", "x * y"), "graph_gradients"),
        (graph(z="np.ones((2, 3))"), "graph_gradients"),
        (graph("abs(y)", "abs(x)"), "graph_gradients"),
    ],
)  # fmt: skip
def test_work_wrong_in_an_unlisted_way_is_neither_named_nor_whole(assignment, code, question):
    for seed in SEEDS:
        result = grade_source(assignment, RIGHT + code, seed)[question]
        assert result.score < FULL[question]
        assert result.mistake is None
        assert "a gradient check gives" in result.feedback[-1]


def test_points_are_the_courses_two_for_each_gradient(assignment):
    assert {question.id: question.points for question in assignment.questions} == FULL


def test_two_slips_in_two_gradients_are_told_for_each(assignment):
    code = network(dz0="back", result="np.outer(dz0, x), dz0, np.outer(h, dz1), dz1")

    result = grade_source(assignment, RIGHT + code)["network_gradients"]

    assert result.score == 2
    assert "In the hidden layer σ′ is missing" in " ".join(result.feedback)
    assert "A gradient is transposed" in " ".join(result.feedback)


def test_feedback_gives_the_largest_relative_error_of_each_gradient(assignment):
    """Twice a number is off by half of the larger one."""
    code = network(result="2 * np.outer(dz0, x), dz0, np.outer(dz1, h), dz1")

    result = grade_source(assignment, RIGHT + code)["network_gradients"]

    assert result.score == 6
    assert "relative errors: dW0: 0.5, db0: " in result.feedback[-1]


@pytest.mark.parametrize("result", ["dz", "'text', dz", "dz * x, None", "np.nan * x, dz", "[dz] * 3", "None"])
def test_odd_results_get_a_message_and_no_points(assignment, result):
    graded = grade_source(assignment, RIGHT + neuron(result=result))["neuron_gradients"]

    assert graded.score == 0
    assert graded.feedback


def test_right_work_reads_nothing(assignment):
    assert [result.feedback for result in grade_source(assignment, RIGHT).values()] == [(), (), ()]


@pytest.mark.parametrize("code", [form for form in RIGHT_FORMS if form != NUMERICALLY])
def test_only_a_difference_quotient_is_told_that_it_is_one(assignment, code):
    """In float32 a right gradient has fewer digits still; it is not taken for one."""
    for seed in SEEDS:
        results = grade_source(assignment, RIGHT + code, seed)
        assert not any("difference quotient" in text for result in results.values() for text in result.feedback)


@pytest.mark.parametrize("eps", ["1e-4", "1e-5", "1e-6"])
def test_difference_quotient_is_right_costs_nothing_and_is_told_what_it_misses(assignment, eps):
    """How a gradient was found is seen in its digits; values to the sixth digit are asked for, and so it passes."""
    for seed in SEEDS:
        result = grade_source(assignment, RIGHT + NUMERICALLY.replace("1e-5", eps), seed)["network_gradients"]
        assert result.score == 8
        assert "as those of a difference quotient are. That costs nothing here." in result.feedback[0]


def test_gradient_that_moves_the_weights_afterwards_is_right_and_told_so(assignment):
    result = grade_source(assignment, RIGHT + IN_PLACE_LATE)["network_gradients"]

    assert result.score == 8
    assert "changed in place" in result.feedback[0]


def test_most_networks_have_several_outputs():
    """With a single output there is one path back, and the mistake of following one alone cannot show."""
    from assignments.backprop import cases

    outputs = [len(check.script.steps[0].args[1]) for check in cases.network_checks(np.random.default_rng(0))]

    assert sum(count > 1 for count in outputs) > sum(count == 1 for count in outputs) > 0
