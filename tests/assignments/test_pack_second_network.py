"""The second network's checks on solutions beyond the exemplars: no right one may fail, no wrong one pass whole."""

import numpy as np
import pytest

from assignments import catalog
from assignments.second_network import stochastic
from tests.assignments.sample_work import grade_source, scores

FULL = {
    "create": 3,
    "feed_forward": 5,
    "cross_entropy": 3,
    "train_batch": 5,
    "train_stochastic": 5,
    "accuracy": 3,
}
BASE = (catalog.PACK / "second_network" / "exemplars" / "right_numpy.py").read_text()
# Without a start of its own nothing is trained at length, which these tests are not about.
QUICK = BASE + "\ndef neural_network_create(input_dim, list_node_sizes, output_dim=2):\n    raise NotImplementedError\n"
STOCHASTIC = """
def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    losses = []
    n = len(x_tr)
    for _ in range(num_passes):
        order = np.random.permutation(n)
{dealt}
            step(model, x_tr[rows], y_tr[rows], learning_rate)
        losses.append(cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))
    return losses
"""
IN_TURN = "        for start in range(0, n, batch_size):\n            rows = order[start:start + batch_size]"


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("second_network")


@pytest.mark.parametrize(
    "code",
    [
        "_l = cross_entropy\ndef cross_entropy(p, y): return np.array(_l(p, y))",
        "def softmax(z):\n    z = z - z.max(1)[:, None]\n    return np.exp(z - np.log(np.exp(z).sum(1))[:, None])",
        "def softmax(z):\n    e = np.exp(z - np.max(z, 1)[:, None])\n    return e / e.sum(axis=1)[:, None]",
        "def cross_entropy(p, y): return float(-np.log(np.clip([row[k] for row, k in zip(p, y)], 1e-12, 1)).mean())",
        "def cross_entropy(p, y): return -np.sum(np.eye(p.shape[1])[y] * np.log(p)) / len(p)",
        "def step(model, x, y, rate):\n    for k, g in gradients(model, x, y).items(): model[k] = model[k] - rate * g",
        "_s = train_batch\ndef train_batch(*args, **kwargs): return np.array(_s(*args, **kwargs))",
        STOCHASTIC.format(dealt="        for rows in np.split(order, range(batch_size, n, batch_size)):"),
        STOCHASTIC.format(dealt="        for rows in np.array_split(order, -(-n // batch_size)):"),
        STOCHASTIC.format(dealt=IN_TURN.replace("order[start", "np.arange(n)[start")),
        STOCHASTIC.format(dealt=IN_TURN.replace("order[start", "np.arange(n)[::-1][start")),
        STOCHASTIC.format(dealt=IN_TURN).replace("x_tr[rows]", "x_tr[rows].copy()"),
    ],
)
def test_right_solution_in_another_style_gets_everything(assignment, code):
    assert scores(grade_source(assignment, f"{BASE}\n{code}\n")) == FULL


@pytest.mark.parametrize(
    "dealt",
    [
        IN_TURN.replace("range(0, n, batch_size)", "range(0, n - batch_size + 1, batch_size)"),
        IN_TURN.replace("range(0, n, batch_size)", "[0]"),
        IN_TURN.replace("order[start:start + batch_size]", "np.random.randint(0, n, batch_size)"),
        IN_TURN.replace("order[start:start + batch_size]", "np.random.choice(n, batch_size, replace=False)"),
        IN_TURN.replace("order[start:start + batch_size]", "np.resize(order, 2 * n)[start:start + batch_size]"),
        IN_TURN.replace("order[start:start + batch_size]", "order"),
        IN_TURN.replace("range(0, n, batch_size)", "range(n)"),
        "        for rows in np.array_split(order, max(1, n // batch_size)):",
        "        for rows in order[:, None]:",
        "        for rows in [order]:",
        "        for rows in 2 * np.split(order, range(batch_size, n, batch_size)):",
    ],
)
def test_mini_batches_that_leave_out_or_repeat_samples_lose_points(assignment, dealt):
    result = grade_source(assignment, QUICK + STOCHASTIC.format(dealt=dealt))["train_stochastic"]

    assert result.score < 4
    assert result.mistake is None


@pytest.mark.parametrize(
    ("line", "wrong", "mistake"),
    [
        ("    dz /= len(y)\n", "", "sum-for-mean"),
        ("(1 - inputs[k - 1] ** 2)", "(1 - inputs[k - 1])", "tanh-slope"),
        ("        grads[f'b{k}'] = dz.sum(axis=0, keepdims=True)\n", "", "biases-not-trained"),
        ("(1 - inputs[k - 1] ** 2)", "(1 - inputs[k - 1] if k == 3 else 1 - inputs[k - 1] ** 2)", "tanh-slope"),
        ("(1 - inputs[k - 1] ** 2)", "inputs[k - 1] * (1 - inputs[k - 1])", "other-slope"),
        ("= dz.sum(axis=0, keepdims=True)", "= dz.sum(axis=0, keepdims=True) * (k < 5)", "biases-not-trained"),
        ("= dz.sum(axis=0, keepdims=True)", "= dz.sum(axis=0, keepdims=True) * (k == 5)", "biases-not-trained"),
        ("= dz.sum(axis=0, keepdims=True)", "= dz.sum(axis=0, keepdims=True) * len(y)", "sum-for-mean"),
        ("inputs[k - 1].T @ dz", "len(y) * inputs[k - 1].T @ dz", "sum-for-mean"),
        ("= dz.sum(axis=0, keepdims=True)", "= dz.mean(axis=0, keepdims=True)", "biases-averaged"),
        ("    dz[np.arange(len(y)), y] -= 1\n", "    dz = dz - y[:, None]\n", "one-hot-expected"),
    ],
)
def test_wrong_gradient_is_named_in_both_trainings_whatever_the_seed(assignment, line, wrong, mistake):
    assert line in QUICK

    for seed in range(5):
        results = grade_source(assignment, QUICK.replace(line, wrong), seed=b"seed %d" % seed)

        assert (results["train_batch"].mistake, results["train_stochastic"].mistake) == (mistake, mistake)
        assert results["train_batch"].score == results["train_stochastic"].score == 0


@pytest.mark.parametrize(
    "softmax",
    [
        "e = np.exp(z)\n    return e / (e.sum(axis=1, keepdims=True) + 1e-12)",
        "e = np.exp(z)\n    return np.nan_to_num(e / e.sum(axis=1, keepdims=True))",
        "e = np.exp(z - z.mean(axis=1, keepdims=True))\n    return e / e.sum(axis=1, keepdims=True)",
        "e = np.exp(z - z.min(axis=1, keepdims=True))\n    return e / e.sum(axis=1, keepdims=True)",
        "return np.exp(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))",
    ],
)
def test_softmax_that_overflows_in_any_spelling_is_named(assignment, softmax):
    result = grade_source(assignment, f"{QUICK}\ndef softmax(z):\n    {softmax}\n")["feed_forward"]

    assert (result.mistake, result.score) == ("softmax-overflow", 0)


def test_softmax_shifted_by_the_largest_entry_of_all_rows_is_as_good(assignment):
    """It fails only where rows lie a thousand apart, which nobody is asked about."""
    shifted = "\ndef softmax(z):\n    e = np.exp(z - z.max())\n    return e / e.sum(axis=1, keepdims=True)\n"

    assert grade_source(assignment, QUICK + shifted)["feed_forward"].score == 5


def test_clipped_probabilities_do_not_earn_all_of_the_cross_entropy(assignment):
    clipped = "\ndef cross_entropy(p, y):\n    return -np.log(np.clip(p, {}, 1)[np.arange(len(y)), y]).mean()\n"

    assert grade_source(assignment, QUICK + clipped.format(0.01))["cross_entropy"].score < 3
    assert grade_source(assignment, QUICK + clipped.format(1e-8))["cross_entropy"].score == 3


def test_steps_that_all_start_from_the_same_model_are_noticed(assignment):
    """Gradients of all mini-batches taken first, then added: with tiny steps it makes no difference."""
    code = """
def train_stochastic(model, x_tr, y_tr, num_passes, batch_size, learning_rate):
    losses = []
    for _ in range(num_passes):
        starts = range(0, len(x_tr), batch_size)
        found = [gradients(model, x_tr[s:s + batch_size], y_tr[s:s + batch_size]) for s in starts]
        for grads in found:
            for name in grads:
                model[name] -= learning_rate * grads[name]
        losses.append(cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))
    return losses
"""

    assert grade_source(assignment, QUICK + code)["train_stochastic"].score < 5


@pytest.mark.parametrize(
    "losses",
    [
        "losses.append(cross_entropy(neural_network_feed_forward(model, x_tr[rows])[-1], y_tr[rows]))",
        "losses.append(0.5 * cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))",
        "losses.insert(0, cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))",
    ],
)
def test_wrong_losses_of_a_right_training_cost_points_but_not_all(assignment, losses):
    right = "losses.append(cross_entropy(neural_network_feed_forward(model, x_tr)[-1], y_tr))"
    code = QUICK + STOCHASTIC.format(dealt=IN_TURN).replace(right, losses)

    assert 0 < grade_source(assignment, code)["train_stochastic"].score < 5


def test_wrong_cross_entropy_is_charged_once(assignment):
    code = QUICK + "\ndef cross_entropy(p, y):\n    return -np.sum(np.log(p[np.arange(len(y)), y]))\n"

    results = grade_source(assignment, code)

    assert results["cross_entropy"].mistake == "sum-for-mean"
    assert results["train_batch"].score == results["train_stochastic"].score == 5


def test_reference_passes_its_own_properties_for_many_draws():
    """Factors are read off by least squares: samples whose gradients nearly depend on each other would blur them."""
    for seed in range(40):
        for check in stochastic.stochastic_checks(np.random.default_rng(seed)):
            if check.holds is None or "tiny" not in check.name:
                continue
            *_, call = check.script.steps
            model = {name: value.copy() for name, value in check.script.steps[0].value.items()}
            losses = stochastic.second_network_training.train_stochastic(model, *call.args[1:])

            assert check.holds((model, losses)) is None, (seed, check.name)


def test_model_that_is_returned_and_not_changed_is_told_so(assignment):
    copied = "    losses = []\n    model = {name: value.copy() for name, value in model.items()}\n"
    code = QUICK.replace("    losses = []\n", copied)

    results = grade_source(assignment, code)

    assert results["train_batch"].mistake == "not-in-place"
    assert "a new model that is returned is not used" in results["train_stochastic"].feedback[0]


def test_loss_curves_are_drawn_for_all_three_trainings(assignment):
    results = grade_source(assignment, BASE)

    lengths = {name: len(results[name].curves[0].student) for name in ("train_batch", "train_stochastic", "accuracy")}

    assert lengths == {"train_batch": 30, "train_stochastic": 30, "accuracy": 200}
    for name, length in lengths.items():
        assert len(results[name].curves[0].reference) == length


def test_loss_curve_of_a_training_that_explodes_ends_with_the_last_number(assignment):
    code = QUICK.replace("learning_rate * grads[name]", "-1e3 * learning_rate * grads[name]")

    result = grade_source(assignment, code)["train_batch"]

    assert result.score == 0
    assert len(result.curves[0].student) <= len(result.curves[0].reference)


def test_weights_of_another_spread_are_noticed_for_every_seed(assignment):
    for draw in (
        "np.random.rand(sizes[k], sizes[k + 1])",
        "0.5 * np.random.randn(sizes[k], sizes[k + 1])",
        "np.round(np.random.randn(sizes[k], sizes[k + 1]))",
    ):
        code = BASE.replace("np.random.randn(sizes[k], sizes[k + 1])", draw)

        assert grade_source(assignment, code)["create"].score < 3
