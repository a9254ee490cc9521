"""The first network's checks on solutions beyond the exemplars: no right one may fail, no wrong one pass whole."""

import math
import re

import pytest

from assignments import catalog
from grader.services import curves
from tests.assignments.sample_work import grade_source, scores

FULL = {"create": 3, "feed_forward": 4, "total_error": 3, "train": 6, "learns": 4}
BASE = (catalog.PACK / "first_network" / "exemplars" / "right_numpy.py").read_text()
CREATE = """
def neural_network_create(num_inputs, num_hidden, num_outputs, hidden_layer_weights=None, hidden_layer_bias=None,
                          output_layer_weights=None, output_layer_bias=None):
"""
TRAIN = """
def neural_network_train(nn, train_x, train_y, learning_rate):
    h = sigmoid(nn['W0'] @ train_x + nn['b0'])
    p = sigmoid(nn['W1'] @ h + nn['b1'])
    d1 = (p - train_y) * p * (1 - p)
    d0 = (nn['W1'].T @ d1) * h * (1 - h)
"""
STEP = (
    TRAIN
    + "    nn['W1'] = nn['W1'] - learning_rate * np.outer(d1, h)\n"
    + "    nn['W0'] = nn['W0'] - learning_rate * np.outer(d0, train_x)\n"
)


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("first_network")


@pytest.mark.parametrize(
    "code",
    [
        # other results of the forward pass
        "_f = neural_network_feed_forward\ndef neural_network_feed_forward(nn, x): return _f(nn, x).tolist()",
        "_f = neural_network_feed_forward\ndef neural_network_feed_forward(nn, x): return tuple(_f(nn, x))",
        "_f = neural_network_feed_forward\ndef neural_network_feed_forward(nn, x): return _f(nn, x).astype(np.float32)",
        "def sigmoid(z): return (1 + np.tanh(np.asarray(z) / 2)) / 2",
        "def sigmoid(z): return np.array([1 / (1 + 2.718281828459045 ** -v) for v in z])",
        # one array handed out again and again
        (
            "_f, _kept = neural_network_feed_forward, {}\n"
            "def neural_network_feed_forward(nn, x):\n"
            "    p = _f(nn, x)\n    out = _kept.setdefault(len(p), np.empty(len(p)))\n    out[:] = p\n    return out"
        ),
        # other errors
        "_t = neural_network_total_error\ndef neural_network_total_error(nn, X, Y): return np.array(_t(nn, X, Y))",
        (
            "def neural_network_total_error(nn, X, Y):\n"
            "    if len(X) == 0: return 0\n"
            "    e = neural_network_feed_forward(nn, X[0]) - Y[0]\n"
            "    return float(e @ e) / 2 + neural_network_total_error(nn, X[1:], Y[1:])"
        ),
        # trained in place, and returned as well
        TRAIN
        + "    nn['W1'] -= learning_rate * np.outer(d1, h)\n    nn['W0'] -= learning_rate * np.outer(d0, train_x)\n"
        "    return nn",
        TRAIN + "    nn.update(W1=nn['W1'] - learning_rate * np.outer(d1, h), "
        "W0=nn['W0'] - learning_rate * np.outer(d0, train_x))\n    return 0.5 * np.sum((p - train_y) ** 2)",
    ],
)
def test_right_solution_in_another_style_gets_everything(assignment, code):
    assert scores(grade_source(assignment, f"{BASE}\n{code}\n")) == FULL


def test_bias_of_its_own_for_each_random_neuron_is_accepted(assignment):
    """The deck's `neuron_create` draws one for each neuron; COURSE accepts both."""
    code = BASE.replace(
        "np.random.rand() if hidden_layer_bias is None else hidden_layer_bias",
        "np.random.rand(num_hidden) if hidden_layer_bias is None else hidden_layer_bias",
    )

    assert scores(grade_source(assignment, code)) == FULL


@pytest.mark.parametrize(
    ("code", "question", "mistake"),
    [
        (TRAIN + "    nn['W1'] -= learning_rate * np.outer(d1, h)", "train", "output-layer-only"),
        (
            TRAIN.replace("p - train_y", "train_y - p")
            + "    nn['W1'] -= learning_rate * np.outer(d1, h)\n    nn['W0'] -= learning_rate * np.outer(d0, train_x)",
            "train",
            "gradient-ascent",
        ),
        (
            TRAIN.replace("    d0 =", "    nn['W1'] = nn['W1'] - learning_rate * np.outer(d1, h)\n    d0 =")
            + "    nn['W0'] = nn['W0'] - learning_rate * np.outer(d0, train_x)\n"
            "    nn['b0'] = nn['b0'] - learning_rate * d0\n    nn['b1'] = nn['b1'] - learning_rate * d1",
            "train",
            "new-weights-used",
        ),
        (
            TRAIN + "    nn['W1'] -= learning_rate * np.outer(d1, h)\n"
            "    nn['W0'] -= learning_rate * np.outer(d0, train_x)\n"
            "    nn['b1'] = nn['b1'] - learning_rate * np.mean(d1)\n"
            "    nn['b0'] = nn['b0'] - learning_rate * np.mean(d0)",
            "train",
            "biases-updated",
        ),
        (TRAIN + "    return dict(nn, W1=nn['W1'] - learning_rate * np.outer(d1, h))", "train", "not-in-place"),
        (STEP + "    nn['b0'] = nn['b0'] - learning_rate * d0", "train", "biases-updated"),
        (STEP + "    nn['b0'] = nn['b0'] - learning_rate * d0.sum()", "train", "biases-updated"),
        (STEP + "    nn['b1'] = nn['b1'] - learning_rate * d1.sum()", "train", "biases-updated"),
        (
            STEP + "    nn['b0'] = nn['b0'] + learning_rate * d0\n    nn['b1'] = nn['b1'] + learning_rate * d1",
            "train",
            "biases-updated",
        ),
        (TRAIN + "    nn['W1'] = nn['W1'] + learning_rate * np.outer(d1, h)", "train", "gradient-ascent"),
    ],
)
def test_wrong_step_is_named_and_touches_nothing_before_it(assignment, code, question, mistake):
    results = grade_source(assignment, f"{BASE}\n{code}\n")

    assert results[question].mistake == mistake
    assert results[question].score == (3 if mistake == "biases-updated" else 0)
    assert {name: results[name].score for name in ("create", "feed_forward", "total_error")} == {
        "create": 3,
        "feed_forward": 4,
        "total_error": 3,
    }


def test_total_error_that_trains_on_the_way_loses_points(assignment):
    code = """
def neural_network_total_error(nn, train_x, train_y):
    total = 0.0
    for x, y in zip(train_x, train_y):
        total += 0.5 * np.sum((neural_network_feed_forward(nn, x) - y) ** 2)
    for x, y in zip(train_x, train_y):
        neural_network_train(nn, x, y, 0.5)
    return total
"""
    result = grade_source(assignment, BASE + code)["total_error"]

    assert result.score < 3
    assert any("changed the network" in words for words in result.feedback)


def test_new_network_that_is_returned_is_told_so(assignment):
    code = f"{BASE}\n{TRAIN}    return dict(nn, W1=nn['W1'] - learning_rate * np.outer(d1, h))\n"

    feedback = " ".join(grade_source(assignment, code)["train"].feedback)

    assert "inside the `nn` it was given" in feedback
    assert "a new network that is returned is not used" in feedback


def test_create_that_returns_nothing_is_told_so_and_everything_else_waits_for_it(assignment):
    code = f"{BASE}\n{CREATE}    nn = {{}}\n"

    results = grade_source(assignment, code)

    assert "`neural_network_create` returned None. Is a `return` missing?" in results["create"].feedback
    assert {result.verdict for name, result in results.items() if name != "create"} == {"skipped"}


def test_mistake_in_the_forward_pass_is_not_charged_to_create(assignment):
    """Nothing is known of the object, but a network keeps its order whatever the forward pass does with it."""
    code = (
        f"{BASE}\ndef neural_network_feed_forward(nn, x):\n    return nn['W1'] @ np.arctan(nn['W0'] @ x + nn['b0'])\n"
    )

    results = grade_source(assignment, code)

    assert results["create"].score == 3
    assert results["feed_forward"].score == 0


@pytest.mark.parametrize(
    "change",
    [
        ("np.array(hidden_layer_weights)", "np.array(hidden_layer_weights)[::-1]"),
        ("np.array(output_layer_weights)", "np.roll(output_layer_weights, 1)"),
        ("np.array(hidden_layer_weights)", "np.full(num_hidden * num_inputs, 0.5)"),
        ("np.random.rand() if hidden_layer_bias is None", "np.random.rand() if not hidden_layer_bias"),
        ("np.random.randn(num_hidden * num_inputs)", "np.zeros(num_hidden * num_inputs)"),
        ("np.random.rand() if output_layer_bias is None else output_layer_bias", "output_layer_bias or 0.0"),
    ],
)
def test_create_that_does_not_keep_what_it_is_given_loses_points(assignment, change):
    assert change[0] in BASE

    assert grade_source(assignment, BASE.replace(*change))["create"].score < 3


def test_loss_curve_is_drawn_beside_the_references(assignment):
    (curve,) = grade_source(assignment, BASE)["learns"].curves

    assert len(curve.student) == len(curve.reference) == 201
    assert curve.student == pytest.approx(curve.reference, rel=1e-9)
    assert round(curve.student[0], 4) == 0.3671


def test_loss_curve_of_a_wrong_training_is_drawn_too(assignment):
    code = f"{BASE}\n{TRAIN}    nn['W1'] += learning_rate * np.outer(d1, h)\n"

    result = grade_source(assignment, code)["learns"]

    assert result.score == 0
    assert "rises from the start" in result.feedback[0]
    assert result.curves[0].student[-1] > result.curves[0].student[0]


def test_loss_curve_shows_where_the_numbers_end(assignment):
    code = f"{BASE}\n{TRAIN}    nn['W1'] = nn['W1'] * np.where(np.abs(nn['W1']).max() > 1, np.nan, 1.01)\n"

    (curve,) = grade_source(assignment, code)["learns"].curves

    ends = [math.isfinite(loss) for loss in curve.student].index(False)
    assert 1 < ends < len(curve.student) == 201
    assert "It explodes" in curves.says(curves.finite(curve.student), curve.reference)


def test_bias_of_zero_taken_for_a_missing_one_is_told_so(assignment):
    code = (
        f"{BASE}\n_c = neural_network_create\n{CREATE}"
        "    return _c(num_inputs, num_hidden, num_outputs, hidden_layer_weights, hidden_layer_bias or None,\n"
        "              output_layer_weights, output_layer_bias or None)\n"
    )

    result = grade_source(assignment, code)["create"]

    assert 0 < result.score < 3
    assert "a bias that is 0 is given, not missing" in result.feedback[0]


def test_steps_far_too_large_are_told_from_a_network_that_does_not_change(assignment):
    """They drive the sigmoids to 0 or 1, and from the first look on the outputs stay what they are."""
    code = f"{BASE}\n_t = neural_network_train\ndef neural_network_train(nn, x, y, rate): _t(nn, x, y, 1e6 * rate)\n"

    results = grade_source(assignment, code)

    assert results["train"].mistake != "not-in-place"
    assert results["learns"].score == 0
    assert "the steps are far too large" in results["learns"].feedback[0]


def test_loss_that_rises_again_is_told_since_when(assignment):
    code = (
        f"{BASE}\n_t, _count = neural_network_train, [0]\ndef neural_network_train(nn, x, y, rate):\n"
        "    _count[0] += 1\n    _t(nn, x, y, rate if _count[0] % 1000 < 400 else -rate)\n"
    )

    said = grade_source(assignment, code)["learns"].feedback[0]

    assert re.match(r"The loss falls up to step \d+, and in the next 5 steps it does not", said)


def test_float32_network_is_right(assignment):
    code = BASE.replace(
        ".reshape(num_hidden, num_inputs)", ".reshape(num_hidden, num_inputs).astype(np.float32)"
    ).replace(".reshape(num_outputs, num_hidden)", ".reshape(num_outputs, num_hidden).astype(np.float32)")
    code += "\n_f = neural_network_feed_forward\ndef neural_network_feed_forward(nn, x): return np.float32(_f(nn, x))\n"

    assert scores(grade_source(assignment, code)) == FULL
