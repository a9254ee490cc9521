"""Counting parameters, XOR, vanishing gradients and concepts: many right answers, wrong ones by name, and odd ones."""

from fractions import Fraction
from itertools import product
from textwrap import dedent

import numpy as np
import pytest

from assignments import catalog
from assignments.definitions import of
from reference import logic
from tests.assignments import sample_work

SEEDS = (b"one", b"two", b"three")
COUNT = "def count_parameters(layer_sizes, bias=True):"
LAYERS = "def gradient_through_layers(n, z=0.0):"


def graded(slug, question, code, seed=b"one"):
    """Return what one question of a file gets."""
    source = "import math\nimport numpy as np\n\n" + dedent(code)
    report = sample_work.grade(catalog.load(slug), [(f"{slug}.py", source.encode())], {}, seed)
    return next(result for result in report.questions if result.id == question)


def typed(slug, question, text):
    report = sample_work.grade(catalog.load(slug), [], {question: text}, b"one")
    return next(result for result in report.questions if result.id == question)


# --- counting ---------------------------------------------------------------------------------------------------------

RIGHT_COUNTS = {
    "a generator of tuples": f"""
        from itertools import pairwise
        {COUNT}
            return sum(n * m + m * bias for n, m in pairwise(layer_sizes))""",
    "a while loop": f"""
        {COUNT}
            i, total = 0, 0
            while i + 1 < len(layer_sizes):
                total += (layer_sizes[i] + (1 if bias else 0)) * layer_sizes[i + 1]
                i += 1
            return total""",
    "np.dot, an array of no dimension": f"""
        {COUNT}
            n = np.array(layer_sizes)
            return np.array(np.dot(n[:-1], n[1:]) + (n[1:].sum() if bias else 0))""",
    "np.multiply and np.sum in 32 bits": f"""
        {COUNT}
            n = np.array(layer_sizes, dtype=np.int32)
            return np.int32(np.multiply(n[1:], n[:-1]).sum() + bool(bias) * np.sum(n[1:]))""",
    "einsum": f"""
        {COUNT}
            n = np.asarray(layer_sizes)
            return np.einsum("i,i->", n[:-1] + int(bias), n[1:])""",
    "arrays that are really made": f"""
        {COUNT}
            total = 0
            for rows, columns in zip(layer_sizes, layer_sizes[1:]):
                total += np.zeros((rows, columns), dtype=np.int8).size
                if bias:
                    total += np.zeros(columns).size
            return total""",
    "reduce": f"""
        from functools import reduce
        {COUNT}
            step = lambda seen, n: (seen[0] + (seen[1] + bias) * n, n)
            return reduce(step, layer_sizes[1:], (0, layer_sizes[0]))[0]""",
    "a float": f"""
        {COUNT}
            weights = float(sum(n * m for n, m in zip(layer_sizes, layer_sizes[1:])))
            return weights + (sum(layer_sizes[1:]) if bias else 0.0)""",
    "its own list used up": f"""
        {COUNT}
            total = 0
            last = layer_sizes.pop()
            while layer_sizes:
                before = layer_sizes.pop()
                total += before * last + (last if bias else 0)
                last = before
            return total""",
    "numpy's outer and trace": f"""
        {COUNT}
            products = np.outer(layer_sizes, layer_sizes)
            return int(np.trace(products, offset=1)) + int(bias) * int(np.sum(layer_sizes) - layer_sizes[0])""",
}


@pytest.mark.parametrize("style", RIGHT_COUNTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_right_count_gets_everything_in_any_style(style, seed):
    result = graded("parameter_count", "count_parameters", RIGHT_COUNTS[style], seed)

    assert (result.score, result.mistake) == (result.max_score, None), result.feedback


WRONG_COUNTS = {
    "biases-added": f"""
        {COUNT}
            n = np.array(layer_sizes)
            return n[1:] @ (n[:-1] + 1)""",
    "biases-left-out": f"""
        {COUNT}
            if bias:
                pass
            return float(np.dot(layer_sizes[:-1], layer_sizes[1:]))""",
    "input-biased": f"""
        {COUNT}
            total = layer_sizes[0] if bias else 0
            for n, m in zip(layer_sizes, layer_sizes[1:]):
                total += (n + (1 if bias else 0)) * m
            return total""",
    "sizes-summed": f"""
        {COUNT}
            total = 0
            for i in range(len(layer_sizes) - 1):
                total += layer_sizes[i] + layer_sizes[i + 1]
            return total""",
}


@pytest.mark.parametrize("mistake", WRONG_COUNTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_listed_mistake_in_counting_is_named_in_another_spelling(mistake, seed):
    result = graded("parameter_count", "count_parameters", WRONG_COUNTS[mistake], seed)

    assert (result.score, result.mistake) == (0, mistake), result.feedback


def test_nearly_right_count_is_wrong():
    """A count is exact: half a parameter off is off."""
    result = graded("parameter_count", "count_parameters", f"{COUNT}\n    return sum(layer_sizes) * 1.0 + 0.2")

    assert result.score == 0


@pytest.mark.parametrize("text", ["535040", "535,040", "535040.0", "5.3504e5", " 535040 "])
def test_the_number_of_weights_is_read_in_every_spelling(text):
    assert typed("parameter_count", "weights", text).score == 2


# --- XOR --------------------------------------------------------------------------------------------------------------


def xor_code(W0, b0, W1, b1):
    return f"def xor_network():\n    return {W0}, {b0}, {W1}, {b1}\n"


def random_networks(count):
    """Draw networks near one that works, with units added; most of halves, where sums of exactly 0 come up."""
    rng = np.random.default_rng(4)
    for _ in range(count):
        more = int(rng.integers(0, 3))
        W0, b0, W1, b1 = logic.xor_network()
        W0, b0 = np.vstack([W0, np.zeros((more, 2))]), np.append(b0, np.zeros(more))
        arrays = [
            array + rng.normal(0, 0.4, array.shape) for array in (W0, b0, np.append(W1, np.zeros((1, more)), 1), b1)
        ]
        is_halves = rng.random() < 0.7
        yield tuple((np.round(2 * array) / 2 if is_halves else array).tolist() for array in arrays)


def says(network, x):
    """The network's answer in exact arithmetic, written down once more and differently."""
    W0, b0, W1, b1 = network
    exact = [[Fraction(v) for v in row] for row in W0]
    hidden = [row[0] * x[0] + row[1] * x[1] + Fraction(b) > 0 for row, b in zip(exact, b0, strict=True)]
    return sum((Fraction(w) for w, h in zip(W1[0], hidden, strict=True) if h), Fraction(b1[0])) > 0


def test_network_is_right_exactly_when_its_four_outputs_are():
    found = 0
    holds = of(catalog.load("xor")).questions["xor_network"].checks(np.random.default_rng(0))[0].holds
    for network in random_networks(1000):
        is_xor = all(says(network, x) == (x[0] != x[1]) for x in product((0, 1), repeat=2))
        found += is_xor
        assert (holds(network) is None) == is_xor, network

    assert found > 20


RIGHT_NETWORKS = {
    "two units, whole numbers": xor_code([[1, 1], [-1, -1]], [0, 2], [[1, 1]], [-1]),
    "huge weights": xor_code([[1e6, 1e6], [-1e6, -1e6]], [-5e5, 1.5e6], [[1e6, 1e6]], [-1.5e6]),
    "bools": xor_code([[True, True], [True, True]], [0, -1], [[1, -1]], [False]),
    "thirty units": "def xor_network():\n"
    "    one = np.zeros((30, 2)); one[:2] = [[1, -1], [-1, 1]]\n"
    "    return one, -0.5 * np.ones(30), np.ones((1, 30)), np.array([-0.5])\n",
    "float32": "def xor_network():\n"
    "    f = lambda v: np.array(v, dtype='float32')\n"
    "    return f([[1, 1], [1, 1]]), f([-.5, -1.5]), f([[1, -2]]), f([-.5])\n",
    "a list of four": "def xor_network():\n    return [[[1, 1], [1, 1]], [-.5, -1.5], [[1, -2]], [-.5]]\n",
    "trained by chance": """
        def xor_network():
            rng = np.random.default_rng(0)
            x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
            while True:
                W0, b0, W1, b1 = (rng.normal(size=shape) for shape in ((3, 2), 3, (1, 3), 1))
                h = (x @ W0.T + b0 > 0).astype(int)
                if ((h @ W1.T + b1 > 0).ravel() == [0, 1, 1, 0]).all():
                    return W0, b0, W1, b1
        """,
}


@pytest.mark.parametrize("style", RIGHT_NETWORKS)
def test_working_network_gets_everything(style):
    result = graded("xor", "xor_network", RIGHT_NETWORKS[style])

    assert result.score == result.max_score, result.feedback


@pytest.mark.parametrize("gate", ["or", "and", "nand", "xnor"])
def test_network_for_another_gate_is_named_whatever_its_size(gate):
    """Units that decide nothing are put before and after."""
    W0, b0, W1, b1 = getattr(logic, f"{gate}_network")()
    wider = np.vstack([np.zeros((1, 2)), 3 * W0, np.zeros((2, 2))])
    network = (wider, np.array([-1.0, *(3 * b0), 1.0, -1.0]), np.array([[7.0, *W1[0], 0.0, 2.0]]), b1)

    result = graded("xor", "xor_network", xor_code(*(array.tolist() for array in network)))

    assert (result.score, result.mistake) == (0, gate)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (xor_code([[1, 1], [1, 1]], [-0.5, -1.5], [1, -1], [-0.5]), "`W1` has shape (2,); expected shape (1, 2)"),
        (xor_code([[1, 1], [1, 1]], [[-0.5], [-1.5]], [[1, -1]], [-0.5]), "`b0` has shape (2, 1); expected shape (2,)"),
        (xor_code([[1, 1], [1, 1]], [-0.5, -1.5], [[1, -1]], -0.5), "`b1` is a single number; expected shape (1,)"),
        (xor_code([[1, 1, 1], [1, 1, 1]], [0, 0, 0], [[1, 1, 1]], [0]), "`W0` has shape (2, 3); expected (k, 2)"),
        (xor_code([[1, 1], [1]], [0, 0], [[1, 1]], [0]), "`W0` is lists of unequal lengths"),
        (xor_code([["1", "1"]], [0], [[1]], [0]), "`W0` is text"),
        (xor_code([[1, float("inf")]], [0], [[1]], [0]).replace("inf", "math.inf"), "`W0` holds NaN or infinity"),
        (xor_code([], [], [[]], [0]), "`W0` has shape (0,)"),
        ("def xor_network():\n    return 5\n", "expected the four arrays"),
        ("def xor_network():\n    return {}\n", "expected the four arrays"),
        ("def xor_network():\n    return [1, 2, 3]\n", "3 values came back; expected four"),
        (xor_code([[0, 0]], [0], [[1]], [0]), "wrong for (0, 1) and (1, 0). It is 0 for all four inputs."),
        (xor_code([[1, -1]], [0], [[1]], [0]), "wrong for (0, 1)"),
        ("def xor_network():\n    pass\n", "Is a `return` missing?"),
    ],
)
def test_network_that_is_none_says_what_is_wrong(code, words):
    result = graded("xor", "xor_network", code)

    assert result.score == 0
    assert words in " ".join(result.feedback)


# --- vanishing gradients ----------------------------------------------------------------------------------------------

RIGHT_FACTORS = {
    "a list of powers": f"""
        {LAYERS}
            s = 1 / (1 + math.exp(-z))
            return [(s * (1 - s)) ** k for k in range(1, n + 1)]""",
    "powers by logarithm": f"""
        {LAYERS}
            log = -abs(z) - 2 * np.log1p(np.exp(-abs(z)))
            return np.exp(log * np.arange(1, n + 1))""",
    "cosh": f"""
        {LAYERS}
            return np.power(0.25 / np.cosh(z / 2) ** 2, np.arange(n) + 1)""",
    "accumulate": f"""
        import itertools, operator
        {LAYERS}
            e = np.exp(z)
            return list(itertools.accumulate([e / (1 + e) ** 2] * n, operator.mul))""",
    "single precision from double": f"""
        {LAYERS}
            s = 1 / (1 + np.exp(-z))
            return np.cumprod(np.full(n, s * (1 - s))).astype(np.float32)""",
    "a matrix's first row": f"""
        {LAYERS}
            s = 1 / (1 + np.exp(-np.full((1, n), float(z))))
            return np.multiply.accumulate(s * (1 - s), axis=1)[0]""",
    "a difference quotient of high order": f"""
        {LAYERS}
            f = lambda t: 1 / (1 + np.exp(-t))
            h = 1e-3
            slope = (8 * (f(z + h) - f(z - h)) - (f(z + 2 * h) - f(z - 2 * h))) / (12 * h)
            return slope ** np.arange(1, n + 1)""",
    "a tuple": f"""
        {LAYERS}
            out = ()
            for _ in range(n):
                s = 1 / (1 + np.exp(-z))
                out += ((out[-1] if out else 1.0) * s * (1 - s),)
            return out""",
}


@pytest.mark.parametrize("style", RIGHT_FACTORS)
@pytest.mark.parametrize("seed", SEEDS)
def test_right_factors_get_everything_in_any_style(style, seed):
    result = graded("vanishing_gradient", "gradient_through_layers", RIGHT_FACTORS[style], seed)

    assert (result.score, result.mistake) == (result.max_score, None), result.feedback


WRONG_FACTORS = {
    "sigma-for-its-slope": f"""
        {LAYERS}
            return list(np.cumprod([1 / (1 + math.exp(-z))] * n))""",
    "off-by-one": f"""
        {LAYERS}
            s = 1 / (1 + np.exp(-z))
            g = [1.0]
            for _ in range(n - 1):
                g.append(g[-1] * s * (1 - s))
            return np.array(g, dtype=np.float32)""",
    "quarter-hard-wired": f"""
        {LAYERS}
            return np.array([1 / 4 ** k for k in range(1, n + 1)])""",
}


@pytest.mark.parametrize("mistake", WRONG_FACTORS)
@pytest.mark.parametrize("seed", SEEDS)
def test_listed_mistake_in_the_factors_is_named_in_another_spelling(mistake, seed):
    result = graded("vanishing_gradient", "gradient_through_layers", WRONG_FACTORS[mistake], seed)

    assert (result.score, result.mistake) == (0, mistake), result.feedback


def test_single_precision_does_not_excuse_lost_entries():
    """Entries below 1e-6 would pass whatever they are, were a float32 given its usual absolute tolerance."""
    code = f"""
        {LAYERS}
            s = 1 / (1 + np.exp(-z))
            g = (s * (1 - s)) ** np.arange(1, n + 1)
            return np.where(g < 9e-7, 0.0, g).astype(np.float32)"""

    result = graded("vanishing_gradient", "gradient_through_layers", code)

    assert result.score < result.max_score


@pytest.mark.parametrize(
    "text", ["1e-12", "0.000000000001", "1E-12", "1.0e-12", "0,000000000001", "1.0000000000000006e-12"]
)
def test_the_small_product_is_read_in_every_spelling(text):
    assert typed("vanishing_gradient", "product", text).score == 2


@pytest.mark.parametrize("text", ["0", "1.00001e-12", "9.9e-13", "1e-11", "-1e-12"])
def test_what_is_only_small_is_wrong(text):
    """No absolute tolerance: 0 is no closer to 1e-12 than 1 is."""
    assert typed("vanishing_gradient", "product", text).score == 0


# --- concepts ---------------------------------------------------------------------------------------------------------


def test_texts_wait_for_a_teacher_and_everything_else_is_graded():
    answers = {
        "dogs_cats": "supervised",
        "documents": "unsupervised",
        "go": "reinforcement",
        "house_prices": "supervised",
    }
    report = sample_work.grade(catalog.load("concepts"), [], {**answers, "what_is_ml": "Learning from data."}, b"one")

    verdicts = {result.id: str(result.verdict) for result in report.questions}
    assert verdicts == {
        **dict.fromkeys(answers, "passed"),
        "what_is_ml": "pending",
        "ml_vs_dl": "missing",
        "cnn_rnn": "missing",
    }
    assert catalog.load("concepts").max_score == 8
    assert sum(result.score for result in report.questions) == 8


def test_rubric_items_are_sentences_with_points():
    for definition in of(catalog.load("concepts")).questions.values():
        for text, points in getattr(definition, "rubric", ()):
            assert points > 0
            assert text[0].isupper()
            assert text.endswith(".")


def test_text_for_a_count_is_not_called_too_large():
    result = graded("parameter_count", "count_parameters", f"{COUNT}\n    return str(sum(layer_sizes))")

    assert "text" in result.feedback[0]
    assert not any("are counted" in words for words in result.feedback)
