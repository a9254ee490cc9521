"""The perceptron's checks on solutions beyond the exemplars: no right one may fail, no wrong one pass whole."""

import numpy as np
import pytest

from assignments import catalog
from assignments.perceptron import training
from tests.assignments.sample_work import grade_source, scores

PREDICT = """
import numpy as np
import random
def predict(w, w0, x, threshold=0.0):
    return int(np.dot(w, x) + w0 > threshold)
"""
UPDATE = """
def update(w, w0, x, y, lr=1.0):
    error = y - int(np.dot(w, x) + w0 > 0)
    return w + lr * error * x, w0 + lr * error
"""
UNTIL_RIGHT = """
    while error:
        w, w0 = w + lr * error * x, w0 + lr * error
        error = y - int(np.dot(w, x) + w0 > 0)
    return w, w0"""
TRAIN = """
def train(X, y, lr=1.0, max_epochs=100, seed=0):
    w, w0, errors = np.zeros(X.shape[1]), 0.0, []
    for _ in range(max_epochs):
        e = 0
        for a, t in zip(X, y):
            p = int(w @ a + w0 > 0)
            if p != t:
                e += 1; w = w + lr * (t - p) * a; w0 = w0 + lr * (t - p)
        errors.append(e)
        if e == 0: break
    return w, w0, errors
"""


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("perceptron")


@pytest.mark.parametrize(
    "body",
    [
        "return np.int64(np.inner(w, x) + w0 > threshold)",
        "return np.heaviside(w @ x + w0 - threshold, 0)",
        "return (w * x).sum() + w0 > threshold",
        "return np.array(np.vdot(w, x) > threshold - w0).astype(np.float32)",
        "return max(0, np.sign(np.dot(x, w) + w0 - threshold))",
        "return 0 if threshold >= w0 + sum(a * b for a, b in zip(w, x)) else 1",
    ],
)
def test_predict_is_right_in_any_form(assignment, body):
    source = f"import numpy as np\ndef predict(w, w0, x, threshold=0.0):\n    {body}\n"

    assert grade_source(assignment, source)["predict"].score == 5


@pytest.mark.parametrize(
    ("body", "mistake", "score"),
    [
        ("return 0 if w @ x + w0 < threshold else 1", "at-least", 3),
        ("return np.heaviside(w @ x + w0 - threshold, 1)", "at-least", 3),
        ("return int(w @ x > threshold)", "bias-forgotten", 0),
        ("return int(w @ x + w0 > 0)", "threshold-ignored", 0),
        ("return int(w @ x + w0 >= 0)", "threshold-ignored", 0),
        ("return 2 * int(w @ x + w0 > threshold) - 1", "plus-minus-one", 0),
        ("return np.sign(w @ x + w0 - threshold)", "plus-minus-one", 0),
        ("return int(w @ x + w0 < threshold)", "comparison-turned", 0),
        ("return int(w @ x - w0 > threshold)", "bias-subtracted", 0),
        ("return 1", None, 0),
        ("return 0", None, 0),
        ("print(int(w @ x + w0 > threshold))", None, 0),
        ("return w @ x + w0", "sum-returned", 0),
        ("return str(int(w @ x + w0 > threshold))", None, 0),
        ("return (w * x + w0 > threshold).astype(int)", None, 0),
    ],
)
def test_wrong_predict_is_named_and_touches_nothing_else(assignment, body, mistake, score):
    source = f"{PREDICT}{UPDATE}{TRAIN}\ndef predict(w, w0, x, threshold=0.0):\n    {body}\n"

    results = grade_source(assignment, source)

    assert scores(results) == {"predict": score, "update": 7, "train": 8}
    assert results["predict"].mistake == mistake


@pytest.mark.parametrize(
    "body",
    [
        "return int(w @ x + w0 + threshold > 0)",
        "return int(w @ x + w0 > threshold + 0.1)",
        "return int(w @ x + w0 / 2 > threshold)",
        "return int(w @ x + w0 * abs(w0) > threshold)",
        "return int(w[0] * x[0] + w[1] * x[1] + w0 > threshold)",
    ],
)
def test_predict_wrong_in_an_unlisted_way_is_neither_named_nor_whole(assignment, body):
    result = grade_source(assignment, f"def predict(w, w0, x, threshold=0.0):\n    {body}\n")["predict"]

    assert result.mistake is None
    assert result.score < 5


def test_default_threshold_other_than_zero_is_noticed(assignment):
    source = "def predict(w, w0, x, threshold=0.5):\n    return int(w @ x + w0 > threshold)\n"

    assert grade_source(assignment, source)["predict"].score < 5


@pytest.mark.parametrize(
    "reuse",
    [
        "error = y - predict(w, w0, x)\n    return w + lr * error * x, w0 + lr * error",
        ("if predict(w, w0, x) == y: return w, w0\n    s = 1 if y else -1\n    return w + lr * s * x, w0 + lr * s"),
        (
            "p = predict(w, w0, x)\n    if p == 0 and y == 1: return w + lr * x, w0 + lr\n"
            "    if p == 1 and y == 0: return w - lr * x, w0 - lr\n    return w, w0"
        ),
    ],
)
@pytest.mark.parametrize(
    ("wrong", "mistake"),
    [
        ("1 if w @ x + w0 >= threshold else 0", "at-least"),
        ("1 if w @ x > threshold else 0", "bias-forgotten"),
        ("1 if w @ x + w0 > threshold else -1", "plus-minus-one"),
    ],
)
def test_mistake_of_predict_is_charged_once_when_update_calls_it(assignment, reuse, wrong, mistake):
    source = (
        f"{PREDICT}{TRAIN}\ndef predict(w, w0, x, threshold=0.0):\n    return {wrong}\n"
        f"def update(w, w0, x, y, lr=1.0):\n    {reuse}\n"
    )

    results = grade_source(assignment, source)

    assert results["predict"].mistake == mistake
    assert results["update"].score == 7
    assert "Decide" in results["update"].feedback[0]


def test_update_that_says_one_on_the_threshold_by_itself_loses_points(assignment):
    """Nothing to rest on: `predict` is right here."""
    source = f"{PREDICT}{UPDATE}{TRAIN}".replace("w0 > 0)\n    return w + lr", "w0 >= 0)\n    return w + lr")

    results = grade_source(assignment, source)

    assert scores(results) == {"predict": 5, "update": 6, "train": 8}


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ("if o == 1 and y == 0: return w - lr * x, w0 - lr\n    return w + lr * x, w0 + lr", "updates-when-right"),
        ("s = 1 if y == 1 else -o\n    return w + lr * s * x, w0 + lr * s", "updates-when-right"),
        ("s = 1 if o == 0 else -1\n    return w + lr * s * x, w0 + lr * s", "updates-when-right"),
        ("o = np.sign(w @ x + w0)\n    return w + lr * (y - o) * x, w0 + lr * (y - o)", "labels-plus-minus-one"),
        (
            "o, y = np.sign(w @ x + w0), 2 * y - 1\n    return w + lr * (y - o) * x, w0 + lr * (y - o)",
            "labels-plus-minus-one",
        ),
        (
            "o = np.sign(w @ x + w0)\n    s = 0 if o == y else 1 if y else -1\n    return w + lr * s * x, w0 + lr * s",
            "labels-plus-minus-one",
        ),
    ],
)
def test_wrong_update_is_named_in_every_spelling(assignment, body, mistake):
    source = f"{PREDICT}{TRAIN}def update(w, w0, x, y, lr=1.0):\n    o = int(w @ x + w0 > 0)\n    {body}\n"
    for seed in range(5):
        results = grade_source(assignment, source, f"named {seed}".encode())
        assert scores(results) == {"predict": 5, "update": 0, "train": 8}
        assert results["update"].mistake == mistake


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("w0 > 0)", "w0 > 0.5)"),
        ("w0 > 0)", "w0 > 0.01)"),
        ("w0 > 0)", "w0 > -0.01)"),
        ("w0 > 0)", "w0 + 0.5 > 0)"),
        ("    return w + lr * error * x, w0 + lr * error", UNTIL_RIGHT),
    ],
)
def test_update_with_another_threshold_or_several_steps_is_never_whole(assignment, old, new):
    assert old in UPDATE
    for seed in range(5):
        result = grade_source(assignment, f"import numpy as np{UPDATE.replace(old, new)}", f"step {seed}".encode())
        assert result["update"].score < 7
        assert result["update"].mistake is None


def test_update_in_place_loses_the_point_for_purity(assignment):
    source = PREDICT + UPDATE.replace("return w + lr * error * x", "w += lr * error * x\n    return w")

    result = grade_source(assignment, source)["update"]

    assert result.score == 6
    assert "Changed in place: `w`" in " ".join(result.feedback)


@pytest.mark.parametrize(
    ("start", "form"),
    [
        ("np.random.seed(seed); w = np.random.randn(X.shape[1]); w0 = np.random.randn()", "w, w0, errors"),
        ("w = np.random.default_rng(seed).uniform(-1, 1, X.shape[1]); w0 = 0", "w, w0, np.array(errors)"),
        (
            "r = random.Random(seed); w = np.array([r.gauss(0, 1) for _ in X[0]]); w0 = r.random()",
            "list(w), w0, errors",
        ),
        ("w = np.zeros(X.shape[1]); w0 = np.zeros(1)", "[w, w0, tuple(errors)]"),
        ("w = np.zeros(X.shape[1]); w0 = np.float32(0)", "w, float(w0), [np.int32(e) for e in errors]"),
        ("w = np.full(X.shape[1], 0.01); w0 = 0.01", "w, w0, [float(e) for e in errors]"),
    ],
)
@pytest.mark.parametrize("order", ["range(len(y))", "rng.permutation(len(y))"])
def test_train_is_right_from_any_small_start_in_any_order_and_form(assignment, start, form, order):
    source = f"""
import numpy as np, random
def train(X, y, lr=1.0, max_epochs=100, seed=0):
    rng = np.random.default_rng(seed + 1)
    {start}
    errors = []
    for _ in range(max_epochs):
        e = 0
        for i in {order}:
            p = int((w @ X[i] + w0).item() > 0)
            e += p != y[i]
            w = w + lr * (y[i] - p) * X[i]; w0 = w0 + lr * (y[i] - p)
        errors.append(e)
        if e == 0: break
    return {form}
"""
    for seed in range(5):
        result = grade_source(assignment, source, f"start {seed}".encode())["train"]
        assert (result.score, result.feedback) == (8, ())


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("        if e == 0: break\n", "", "never-stops"),
        ("range(max_epochs)", "range(1)", "one-epoch"),
        ("errors.append(e)", "errors.append(e / len(y))", "errors-wrong"),
        ("errors.append(e)", "errors.append(2 * e)", "errors-wrong"),
        ("errors.append(e)", "errors.append(len(y) - e)", "errors-wrong"),
        ("errors.append(e)", "errors.append(int(((X @ w + w0 > 0) != y).sum()))", "errors-wrong"),
        ("return w, w0, errors", "return w, w0, errors[::-1]", "errors-wrong"),
        ("return w, w0, errors", "return w, w0, errors[-1]", "errors-wrong"),
        ("return w, w0, errors", "return w, w0, errors[-1:]", "errors-wrong"),
        ("return w, w0, errors", "return w, w0", "errors-wrong"),
        ("return w, w0, errors", "return w, w0, errors[1:]", "errors-wrong"),
        ("return w, w0, errors", "return w, w0, [*errors, 0]", "errors-wrong"),
        ("; w0 = w0 + lr * (t - p)", "", None),
        ("w0 > 0)", "w0 > 0) * 2 - 1", None),
        ("return w, w0, errors", "return np.zeros(X.shape[1]), 0.0, errors", None),
        ("return w, w0, errors", "return w.reshape(-1, 1), w0, errors", None),
        ("return w, w0, errors", "return w * np.nan, w0, errors", None),
    ],
)
def test_wrong_train_is_named_and_earns_nothing(assignment, old, new, mistake):
    assert old in TRAIN
    for seed in range(5):
        source = PREDICT + UPDATE + TRAIN.replace(old, new)
        results = grade_source(assignment, source, f"wrong {seed}".encode())
        assert scores(results) == {"predict": 5, "update": 7, "train": 0}
        assert results["train"].mistake == mistake


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lr * ", ""),
        ("w = w + lr", "w = w - lr"),
        ("np.zeros(X.shape[1])", "np.random.randn(X.shape[1])"),
        ("range(max_epochs)", "range(max_epochs + 1)"),
        ("range(max_epochs)", "range(max_epochs - 1)"),
        ("if e == 0: break", "if e == 0 or errors[-2:-1] == [e]: break"),
        ("range(max_epochs)", "range(100)"),
        ("lr=1.0", "lr=0.5"),
        ("max_epochs=100", "max_epochs=99"),
        ("zip(X, y)", "zip(X[:4], y[:4])"),
    ],
)
def test_train_wrong_in_an_unlisted_way_is_never_whole(assignment, old, new):
    assert old in TRAIN
    for seed in range(5):
        result = grade_source(assignment, TRAIN_ALONE.replace(old, new), f"unlisted {seed}".encode())["train"]
        assert result.score < 8
        assert result.mistake is None


TRAIN_ALONE = f"import numpy as np\n{TRAIN}"


def test_messages_print_names_as_they_are_typed(assignment):
    """`W` is another name than `w`."""
    for form in ("b, w, errors", "w, errors, b", "w, b", "w, b, errors[:-1]", "w * np.nan, b, errors"):
        source = TRAIN_ALONE.replace("return w, w0, errors", f"b = w0\n    return {form}")
        result = grade_source(assignment, source)["train"]
        said = [*result.feedback, *(check.message for check in result.checks)]
        assert not any(text.startswith(("W ", "W0 ", "Errors ", "Train ")) for text in said)
        assert any(text.startswith("`") for text in said)


def test_separable_samples_need_a_bias_and_keep_their_margin():
    for seed in range(100):
        samples = training.separable(np.random.default_rng(seed), 20, 3)
        # Found by the one algorithm that is not under test: least squares on the sides of the plane.
        X = np.column_stack([samples.X, np.ones(len(samples.y))])
        one, zero = samples.X[samples.y == 1], samples.X[samples.y == 0]
        assert len(one) == len(zero) == 10
        on_a_ray = [abs(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) - 1) < 1e-9 for a in one for b in zero]
        assert any(on_a_ray), "a sample of each class on one ray is what makes the bias needed"
        assert X.shape == (20, 4)


def test_errors_of_both_shown_trainings_are_drawn_beside_the_references(assignment):
    separable, xor = grade_source(assignment, PREDICT + UPDATE + TRAIN)["train"].curves

    assert separable.student[-1] == separable.reference[-1] == 0
    assert len(xor.student) == len(xor.reference) == 12
    assert min(xor.student) > 0


@pytest.mark.parametrize(
    ("returned", "drawn"),
    [
        ("w, w0, [e / len(y) for e in errors]", 2),  # wrong, but numbers all the same
        ("w, w0, np.array([errors])", 2),
        ("w, w0, 'none'", 0),
        ("w, w0", 0),
        ("None", 0),
    ],
)
def test_errors_are_drawn_wherever_they_are_numbers(assignment, returned, drawn):
    code = TRAIN.replace("return w, w0, errors", f"return {returned}")

    result = grade_source(assignment, PREDICT + UPDATE + code)["train"]

    assert result.score < 8
    assert len(result.curves) == drawn
