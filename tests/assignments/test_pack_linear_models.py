"""The linear models' checks on solutions beyond the exemplars."""

import textwrap

import pytest

from assignments import catalog
from tests.assignments.sample_work import grade_source, scores

SIGNATURES = {
    "regression_loss": "X, y, w",
    "regression_gradient": "X, y, w",
    "classify": "W, X",
    "top_k_error": "scores, labels, k",
}
POINTS = {"regression_loss": 3, "regression_gradient": 4, "classify": 3, "top_k_error": 2}
RIGHT = {
    "regression_loss": [
        "return ((X @ w - y) ** 2).mean()",
        "r = y - np.dot(X, w)\nreturn r @ r / r.shape[0]",
        "return np.linalg.norm(X @ w - y) ** 2 / len(X)",
        "return sum((sum(a * b for a, b in zip(x, w)) - t) ** 2 for x, t in zip(X, y)) / len(y)",
        "return np.average(np.square(np.inner(X, w) - y))",
        "return np.var(X @ w - y) + np.mean(X @ w - y) ** 2",
        "return np.array(np.mean((X @ w - y) ** 2))",
        "return np.mean((np.float32(X) @ np.float32(w) - np.float32(y)) ** 2)",
        "p = X @ w.reshape(-1, 1)\nreturn float(((p - y.reshape(-1, 1)) ** 2).sum() / len(y))",
        "import statistics\nreturn statistics.fmean(float(v) ** 2 for v in np.matmul(X, w) - y)",
    ],
    "regression_gradient": [
        "return 2 / X.shape[0] * (X @ w - y) @ X",
        "return list(2 * X.T @ (X @ w - y) / len(X))",
        "return -2 * np.mean((y - X @ w) * X.T, axis=1)",
        "n = len(y)\nreturn 2 / n * (X.T @ X @ w - X.T @ y)",
        "g = np.zeros_like(w)\nfor x, t in zip(X, y):\n    g += 2 * (x @ w - t) * x\nreturn g / len(y)",
        (
            "h = 1e-4\ng = []\nfor j in range(len(w)):\n    e = np.zeros(len(w))\n    e[j] = h\n"
            "    g.append((regression_loss(X, y, w + e) - regression_loss(X, y, w - e)) / (2 * h))\nreturn g"
        ),
        "return (2 * X.T @ (X @ w.reshape(-1, 1) - y.reshape(-1, 1)) / len(y)).ravel()",
        "return np.tensordot(X @ w - y, X, axes=1) * 2 / y.size",
        "X, y, w = np.float32(X), np.float32(y), np.float32(w)\nreturn 2 * X.T @ (X @ w - y) / np.float32(len(y))",
    ],
    "classify": [
        "return (W @ X.T).argmax(axis=0)",
        "return (X @ W.T).argmax(-1)",
        "return np.argsort(X @ W.T, axis=-1)[..., -1]",
        "p = np.dot(W, X.T)\nreturn np.argmax(p, axis=0).tolist()",
        "if X.ndim == 1:\n    return int(np.argmax(W @ X))\nreturn np.array([np.argmax(W @ x) for x in X])",
        "e = np.exp(X @ W.T)\nreturn np.argmax(e / e.sum(axis=-1, keepdims=True), axis=-1)",
        "return np.argmax(np.einsum('kd,...d->...k', W, X), axis=-1).astype(float)",
        (
            "def one(x):\n    p = [float(np.dot(v, x)) for v in W]\n    return p.index(max(p))\n"
            "return one(X) if X.ndim == 1 else [one(x) for x in X]"
        ),
        "return np.argmax(np.apply_along_axis(W.dot, -1, X), axis=-1).astype(np.uint8)",
    ],
    "top_k_error": [
        "own = scores[np.arange(len(labels)), labels]\nreturn np.mean((scores > own[:, None]).sum(1) >= k)",
        "best = np.argsort(scores, axis=1)[:, -k:]\nreturn 1 - np.mean([l in b for l, b in zip(labels, best)])",
        "return float(np.mean([l not in np.argsort(-s)[:k] for l, s in zip(labels, scores)]))",
        "ranks = np.argsort(np.argsort(-scores))\nreturn sum(r[l] >= k for r, l in zip(ranks, labels)) / len(labels)",
        (
            "wrong = 0\nfor s, l in zip(scores, labels):\n    order = sorted(range(len(s)), key=s.__getitem__)[::-1]\n"
            "    wrong += l not in order[:k]\nreturn wrong / len(labels)"
        ),
        "import heapq\nreturn np.mean([s[l] < heapq.nlargest(k, s)[-1] for s, l in zip(scores, labels)])",
    ],
}
NAMED = {
    ("regression_loss", "sum-for-mean"): [
        "return ((X @ w - y) ** 2).sum()",
        "r = X @ w - y\nreturn r @ r",
        "return sum((x @ w - t) ** 2 for x, t in zip(X, y))",
        "r = X @ w - y\nreturn 0.5 * r.dot(r)",
    ],
    ("regression_loss", "extra-half"): [
        "return ((X @ w - y) ** 2).mean() / 2",
        "return np.sum((X @ w - y) ** 2) / (2 * len(y))",
    ],
    ("regression_loss", "absolute-error"): [
        "return abs(X @ w - y).mean()",
        "return np.sum(np.abs(y - X @ w))",
        "return np.mean(np.sqrt((X @ w - y) ** 2))",
    ],
    ("regression_gradient", "factor-two-missing"): [
        "return X.T @ (X @ w - y) / len(y)",
        "return np.mean((X @ w - y)[:, None] * X, axis=0)",
    ],
    ("regression_gradient", "sum-for-mean"): ["return 2 * X.T @ (X @ w - y)", "return (X @ w - y) @ X"],
    ("regression_gradient", "sign-flipped"): [
        "return 2 * X.T @ (y - X @ w) / len(y)",
        "return -2 / len(y) * X.T @ (X @ w - y)",
        "return X.T @ (y - X @ w)",
        "return X.T @ (y - X @ w) / len(y)",
        "return 2 * X.T @ (y - X @ w)",
    ],
    ("regression_gradient", "two-axes"): [
        "return (2 * X.T @ (X @ w - y) / len(y)).reshape(-1, 1)",
        "return 2 * X.T @ (X @ w.reshape(-1, 1) - y.reshape(-1, 1)) / len(y)",
        "return X.T @ (X @ w - y)[:, None]",
        "return np.asmatrix(2 * X.T @ (X @ w - y) / len(y))",
    ],
    ("classify", "smallest"): ["return (X @ W.T).argmin(axis=-1)", "return np.argmax(-(X @ W.T), axis=-1)"],
    ("classify", "scores-returned"): [
        "e = np.exp(X @ W.T)\nreturn e / e.sum(axis=-1, keepdims=True)",
        "e = np.exp(W @ X.T)\nreturn e / e.sum(axis=0)",
        "e = np.exp(X @ W.T)\nreturn e / e.sum()",
        "return X @ W.T",
    ],
    ("classify", "wrong-axis"): [
        "return np.argmax(X @ W.T, axis=0)",
        "return np.argmax(W @ X.T, axis=-1)",
        "return np.argmax(W @ X.T, axis=1)",
        "return np.argmax(X @ W.T)",
        "if X.ndim == 1:\n    return np.argmax(W @ X)\nreturn np.argmax(W @ X.T, axis=1)",
        "return (X @ W.T).argmax(0).tolist()",
    ],
    ("top_k_error", "accuracy"): [
        "return np.mean([l in np.argsort(-s)[:k] for l, s in zip(labels, scores)])",
        "return np.mean(scores.argmax(1) == labels)",
        "return np.mean([l in np.argsort(s)[:k] for l, s in zip(labels, scores)])",
    ],
    ("top_k_error", "k-ignored"): [
        "return np.mean(scores.argmax(1) != labels)",
        "return np.mean([l not in np.argsort(-s)[:5] for l, s in zip(labels, scores)])",
    ],
    ("top_k_error", "smallest-k"): ["return np.mean([l not in np.argsort(s)[:k] for l, s in zip(labels, scores)])"],
}
WRONG = {
    "regression_loss": ["return 0", "return np.mean(X @ w - y)", "return np.median((X @ w - y) ** 2)"],
    "regression_gradient": [
        "return np.zeros(len(w))",
        "return 2 * X.T @ (X @ w - y) / 5",
        "return np.linalg.lstsq(X, y, rcond=None)[0]",
        "g = 2 * X.T @ (X @ w - y) / len(y)\nreturn g / np.linalg.norm(g)",
        "g = 2 * X.T @ (X @ w - y) / len(y)\nreturn g[0]",
    ],
    "classify": [
        "return 0",
        "return np.argmax(W @ X) if X.ndim == 1 else 0",
        "return np.argmax(X @ W.T, axis=1)",
        "return int(np.argmax(X @ W[:3].T)) if X.ndim == 1 else np.argmax(X @ W[:3].T, axis=1)",
        "return str(np.argmax(X @ W.T, axis=-1))",
    ],
    "top_k_error": [
        "return 0.0",
        "return 1.0",
        "return 0.5",
        "return np.mean([l not in np.argsort(-s)[: k + 1] for l, s in zip(labels, scores)])",
        "return np.mean([l not in np.sort(s)[::-1][:k] for l, s in zip(labels, scores)])",
    ],
}


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("linear_models")


def written(**bodies):
    functions = [
        f"def {name}({SIGNATURES[name]}):\n{textwrap.indent(body, '    ')}\n"
        for name, body in {**{name: bodies[0] for name, bodies in RIGHT.items()}, **bodies}.items()
    ]
    return "import numpy as np\n" + "\n".join(functions)


def each(table):
    return [(key, body) for key, bodies in table.items() for body in bodies]


def others_full(results, question):
    return all(score == POINTS[name] for name, score in scores(results).items() if name != question)


@pytest.mark.parametrize(("question", "body"), each(RIGHT))
def test_right_solution_in_any_style_gets_everything(assignment, question, body):
    for seed in range(4):
        results = grade_source(assignment, written(**{question: body}), f"seed {seed}".encode())

        assert scores(results) == POINTS, results[question].feedback


@pytest.mark.parametrize(("key", "body"), each(NAMED))
def test_listed_mistake_is_named_in_any_spelling_and_touches_nothing_else(assignment, key, body):
    question, mistake = key
    for seed in range(4):
        results = grade_source(assignment, written(**{question: body}), f"seed {seed}".encode())

        assert (results[question].mistake, results[question].score) == (mistake, 0), results[question].feedback
        assert others_full(results, question)


@pytest.mark.parametrize(("question", "body"), each(WRONG))
def test_wrong_solution_loses_points_and_touches_nothing_else(assignment, question, body):
    for seed in range(4):
        results = grade_source(assignment, written(**{question: body}), f"seed {seed}".encode())

        assert results[question].score < POINTS[question]
        assert others_full(results, question)


def own_loss(results):
    return next(check for check in results["regression_gradient"].checks if "your own" in check.name)


def test_gradient_is_held_against_the_students_own_loss(assignment):
    wrong = "return 3 * X.T @ (X @ w - y) / len(y)"

    results = grade_source(assignment, written(regression_gradient=wrong))

    assert "does not belong to your own `regression_loss`" in own_loss(results).message
    assert any("your own `regression_loss`" in text for text in results["regression_gradient"].feedback)


def test_gradient_that_belongs_to_a_wrong_loss_says_so_and_is_still_named(assignment):
    results = grade_source(
        assignment,
        written(regression_loss="return np.sum((X @ w - y) ** 2)", regression_gradient="return 2 * X.T @ (X @ w - y)"),
    )

    assert results["regression_gradient"].mistake == "sum-for-mean"
    assert "This is the gradient of the `regression_loss` you handed in" in own_loss(results).message


@pytest.mark.parametrize("loss", ["return 7.0", "return None", "raise ValueError", "return 'much'", "return [1, 2]"])
def test_right_gradient_keeps_all_points_whatever_the_loss_is(assignment, loss):
    results = grade_source(assignment, written(regression_loss=loss))

    assert scores(results) == {**POINTS, "regression_loss": 0}


def test_right_gradient_without_any_loss_keeps_all_points(assignment):
    source = written().replace("def regression_loss", "def some_loss")

    assert scores(grade_source(assignment, source)) == {**POINTS, "regression_loss": 0}


def test_points_are_the_courses(assignment):
    assert {question.id: question.points for question in assignment.questions} == POINTS


def test_no_case_has_a_tie(assignment):
    """Which of two equal scores wins is nobody's business here."""
    import numpy as np

    from assignments.definitions import of

    for seed in range(30):
        for check in of(assignment).questions["classify"].checks(np.random.default_rng(seed)):
            W, X = check.script.steps[0].args
            ranked = np.sort(np.atleast_2d(X) @ W.T, axis=1)
            assert (ranked[:, -1] - ranked[:, -2]).min() > 0.2, check.name
            assert (ranked[:, 1] - ranked[:, 0]).min() > 0.2, check.name
        for check in of(assignment).questions["top_k_error"].checks(np.random.default_rng(seed)):
            ranked = np.sort(check.script.steps[0].args[0], axis=1)
            assert np.diff(ranked, axis=1).min() > 0.05, check.name
