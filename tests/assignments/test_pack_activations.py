"""The activation functions' checks on solutions beyond the exemplars."""

import textwrap

import pytest

from assignments import catalog
from tests.assignments.sample_work import grade_source

RIGHT = {
    "identity": [
        "return z + 0",
        "return list(z) if np.ndim(z) else z",
        "return np.where(True, z, 0)",
        "return np.array(z, dtype=np.float32)",
        "return np.add(z, 0.0)",
    ],
    "step": [
        "return np.heaviside(z, 0.5)",
        "return np.greater(z, 0)",
        "return (np.asarray(z) > 0).astype(np.int8)",
        "return np.sign(np.maximum(z, 0))",
        "return np.vectorize(lambda v: 1 if v >= 0 else 0)(z)",
        "return 1 - np.less_equal(z, 0)",
    ],
    "sigmoid": [
        "with np.errstate(over='ignore'):\n    return 1 / (1 + np.exp(-z))",
        "return 1 / (1 + np.exp(-np.clip(z, -500, 500)))",
        "return np.exp(-np.logaddexp(0, -z))",
        "return 0.5 * (1 + np.tanh(np.asarray(z, dtype=float) / 2))",
        (
            "x = np.asarray(z, dtype=float)\nout = np.empty_like(x)\np = x >= 0\nout[p] = 1 / (1 + np.exp(-x[p]))\n"
            "e = np.exp(x[~p])\nout[~p] = e / (1 + e)\nreturn out"
        ),
        (
            "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
            "    return 1 / (1 + np.exp(-z))"
        ),
        (
            "import math\nf = lambda v: 1 / (1 + math.exp(-v)) if v > 0 else math.exp(v) / (1 + math.exp(v))\n"
            "return np.vectorize(f, otypes=[float])(z)"
        ),
        "return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))",
        (
            "if np.ndim(z) > 0:\n    return [sigmoid(v) for v in z]\n"
            "return 1 / (1 + np.exp(-z)) if z > 0 else 1 - 1 / (1 + np.exp(z))"
        ),
    ],
    "tanh": [
        "import math\nreturn np.array([tanh(v) for v in z]) if np.ndim(z) else math.tanh(z)",
        "e = np.exp(-2 * np.abs(z))\nreturn np.sign(z) * (1 - e) / (1 + e)",
        "w = np.clip(z, -300, 300)\nreturn (np.exp(w) - np.exp(-w)) / (np.exp(w) + np.exp(-w))",
        "w = np.clip(z, -300, 300)\nreturn np.sinh(w) / np.cosh(w)",
    ],
    "relu": [
        "return z * (np.asarray(z) > 0)",
        "return (z + np.abs(z)) / 2",
        "return np.clip(z, 0, np.inf)",
        "z = np.array(z, dtype=float)\nz[z < 0] = 0\nreturn z",
        "return np.vectorize(lambda v: max(0.0, v))(z)",
        "return -np.minimum(0, -z)",
        "return np.fmax(z, 0)",
    ],
    "softplus": [
        "return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))",
        "return np.where(np.greater(z, 30), z, np.log1p(np.exp(np.minimum(z, 30))))",
        "with np.errstate(all='ignore'):\n    out = np.log(1 + np.exp(z))\nreturn np.where(np.isinf(out), z, out)",
        "return np.logaddexp(0.0, z)",
        "x = np.array(z, float)\nlow = x < 20\nout = np.copy(x)\nout[low] = np.log1p(np.exp(x[low]))\nreturn out",
    ],
    "sigmoid_grad": [
        "s = 1 / (1 + np.exp(-np.clip(z, -500, 500)))\nreturn s - s**2",
        "e = np.exp(-np.abs(z))\nreturn e / (1 + e) ** 2",
        "return 0.25 / np.cosh(np.clip(z, -500, 500) / 2.0) ** 2",
        "s = 0.5 + 0.5 * np.tanh(np.asarray(z) / 2)\nreturn np.multiply(s, np.subtract(1, s)).tolist()",
    ],
    "tanh_grad": [
        "return 1 - np.square(np.tanh(z))",
        "return np.cosh(np.clip(z, -300, 300)) ** -2.0",
        "e = np.exp(-2 * np.abs(z))\nreturn 4 * e / (1 + e) ** 2",
    ],
    "relu_grad": [
        "return np.where(np.asarray(z) > 0, 1.0, 0.0)",
        "return np.asarray(z) >= 0",
        "return np.heaviside(z, 0)",
        "return (1 + np.sign(z)) / 2",
    ],
    "softplus_grad": [
        "with np.errstate(over='ignore'):\n    return 1 / (1 + np.exp(-z))",
        "return np.exp(z - np.logaddexp(0, z))",
        "return 1 / (1 + np.exp(-np.clip(z, -40, 40)))",
    ],
}
WARNS = {
    "sigmoid": [
        "return 1 / (1 + np.exp(-z))",
        "return np.where(np.greater(z, 0), 1 / (1 + np.exp(-z)), 0.5 - 0.5 * np.tanh(-z / 2))",
    ],
    "tanh": ["return 2 / (1 + np.exp(-2 * z)) - 1"],
    "softplus": ["return np.where(np.greater(z, 30), z, np.log(1 + np.exp(z)))"],
    "tanh_grad": ["return 1 / np.cosh(z) ** 2"],
    "softplus_grad": ["return 1 / (1 + np.exp(-z))"],
}
NAMED = {
    ("sigmoid", "exp-plus-z"): [
        "return 1 / (1 + np.exp(z))",
        "return 1 / (1 + np.e**z)",
        "return np.exp(-z) / (1 + np.exp(-z))",
        "import math\nreturn np.vectorize(lambda v: 1 / (1 + math.exp(v)))(z)",
        "return 1 / (np.exp(np.clip(z, -700, 700)) + 1)",
        "return 1 - 1 / (1 + np.exp(-z))",
        "return np.float32(1) / (1 + np.exp(np.float32(z)))",
    ],
    ("sigmoid", "scalars-only"): [
        "import math\nreturn 1 / (1 + math.exp(-z))",
        "return 1 / (1 + np.exp(-float(z)))",
        "if z > 0:\n    return 1 / (1 + np.exp(-z))\nreturn np.exp(z) / (1 + np.exp(z))",
        "import math\nreturn 1 / (1 + math.exp(z))",
        "import math\nreturn 1 / (1 + math.pow(math.e, -z))",
    ],
    ("sigmoid_grad", "fed-z"): [
        "return z * (1 - z)",
        "return z - z**2",
        "return np.asarray(z) - np.square(z)",
        "return sigmoid(z) * (1 - z)",
    ],
    ("tanh_grad", "fed-z"): ["return 1 - z * z", "return (1 - z) * (1 + z)"],
    ("tanh", "two-sigma-minus-one"): [
        "return 2 * sigmoid(z) - 1",
        "return np.tanh(z / 2)",
        "return 2 / (1 + np.exp(-z)) - 1",
        "return (1 - np.exp(-z)) / (1 + np.exp(-z))",
        "return (np.exp(z) - 1) / (np.exp(z) + 1)",
        "return 2 / (1 + np.e ** (-z)) - 1",
    ],
    ("tanh", "scalars-only"): ["import math\nreturn math.tanh(z)", "import math\nreturn 2 / (1 + math.exp(-z)) - 1"],
    ("relu", "absolute-value"): [
        "return abs(z)",
        "return np.sqrt(np.square(z))",
        "return np.where(np.greater(z, 0), z, -z)",
        "return z * np.sign(z)",
    ],
    ("relu", "scalars-only"): ["return max(0, z)", "return z if z > 0 else 0", "if z <= 0:\n    return 0\nreturn z"],
    ("softplus", "overflow"): [
        "return np.log(1 + np.exp(z))",
        "return np.log1p(np.exp(z))",
        "return np.log(1 + np.e**z)",
        "return z + np.log(1 + np.exp(-z))",
        "return -np.log(1 / (1 + np.exp(z)))",
        "import math\nreturn np.vectorize(lambda v: math.log(1 + math.exp(v)), otypes=[float])(z)",
        "with np.errstate(all='ignore'):\n    return np.log(1 + np.exp(z))",
        "return np.log((1 + np.exp(-z)) * np.exp(z))",
    ],
    ("softplus", "scalars-only"): [
        "import math\nreturn math.log(1 + math.exp(z))",
        "import math\nreturn math.log1p(math.exp(-abs(z))) + max(z, 0)",
    ],
    ("step", "scalars-only"): ["return 1 if z > 0 else 0", "return int(z > 0)"],
    ("step", "minus-one"): ["return np.sign(z)", "return 2 * np.greater(z, 0) - 1"],
    ("identity", "scalars-only"): ["return float(z)"],
    ("relu_grad", "scalars-only"): ["if z > 0:\n    return 1\nelse:\n    return 0"],
    ("softplus_grad", "scalars-only"): ["import math\nreturn math.exp(z) / (1 + math.exp(z))"],
    ("softplus_grad", "exp-plus-z"): ["return 1 / (1 + np.exp(z))"],
}
WRONG = {
    "identity": [
        "return -z",
        "return 1",
        "return None",
        "return np.ravel(z)",
        "return z if np.ndim(z) else np.array([z])",
        "return np.round(z)",
    ],
    "step": [
        "return np.where(np.greater(z, 0.1), 1, 0)",
        "return np.where(np.greater(z, -0.1), 1, 0)",
        "return 1",
        "return 0",
        "return np.round(np.clip(z, 0, 1))",
    ],
    "sigmoid": [
        "return np.exp(z) / (1 + np.exp(z))",
        "return 1 / (1 + np.exp(-np.clip(z, -10, 10)))",
        "return np.round(1 / (1 + np.exp(-z)), 4)",
        "return np.clip(0.5 + z / 4, 0, 1)",
        "e = np.exp(z - np.max(z))\nreturn e / np.sum(e)",
        "return [1 / (1 + np.exp(-v)) for v in z]",
    ],
    "tanh": [
        "return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))",
        "return np.clip(z, -1, 1)",
        "return z - z**3 / 3",
        "return np.tan(z)",
    ],
    "relu": [
        "return np.where(np.greater(z, 0), z, 0.01 * z)",
        "return np.vectorize(lambda v: max(0, v))(z)",
        "return np.clip(z, 0, 6)",
        "return np.maximum(0, z).ravel()",
        "return np.array([max(0, v) for v in z])",
        "return np.asarray(np.maximum(0, z)).astype(int)",
    ],
    "softplus": [
        "return np.maximum(0, z)",
        "return np.log(1 + np.exp(np.clip(z, -500, 500)))",
        "return np.where(np.greater(z, 8), z, np.log1p(np.exp(np.minimum(z, 8))))",
        "return np.logaddexp2(0, z)",
    ],
    "sigmoid_grad": [
        "return np.exp(-z) / (1 + np.exp(-z)) ** 2",
        "d = 0.01\nreturn (sigmoid(z + d) - sigmoid(z - d)) / (2 * d)",
        "return sigmoid(z) * (1 + sigmoid(z))",
    ],
    "tanh_grad": ["return 1 - np.tanh(z)", "return np.tanh(z) ** 2 - 1", "return 1 / np.cosh(np.clip(z, -300, 300))"],
    "relu_grad": [
        "return np.where(np.greater(z, 0), 1, 0.01)",
        "return np.ones(np.shape(z))",
        "return np.maximum(z, 0)",
    ],
    "softplus_grad": [
        "return np.exp(z) / (1 + np.exp(z))",
        "s = 1 / (1 + np.exp(-z))\nreturn s * (1 - s)",
        "return np.where(np.greater(z, 0), 1, 0)",
    ],
}
BASE = "import numpy as np\ndef sigmoid(z):\n    return 0.5 + 0.5 * np.tanh(0.5 * z)\n"


@pytest.fixture(scope="module")
def assignment():
    return catalog.load("activations")


def results(assignment, question, body, seed):
    source = f"{BASE}def {question}(z):\n{textwrap.indent(body, '    ')}\n"
    return grade_source(assignment, source, f"seed {seed}".encode())[question]


def each(table):
    return [(key, body) for key, bodies in table.items() for body in bodies]


@pytest.mark.parametrize(("question", "body"), each(RIGHT))
def test_right_solution_in_any_style_gets_everything(assignment, question, body):
    for seed in range(3):
        result = results(assignment, question, body, seed)

        assert float(result.score) == 1.2, result.feedback


@pytest.mark.parametrize(("question", "body"), each(WARNS))
def test_right_value_with_a_warning_loses_a_fifth_of_a_point(assignment, question, body):
    result = results(assignment, question, body, 1)

    assert float(result.score) == 1.0
    assert "NumPy warned" in " ".join(result.feedback)


@pytest.mark.parametrize(("key", "body"), each(NAMED))
def test_listed_mistake_is_named_in_any_spelling_and_earns_nothing(assignment, key, body):
    question, mistake = key
    for seed in range(3):
        result = results(assignment, question, body, seed)

        assert (result.mistake, float(result.score)) == (mistake, 0.0), result.feedback


@pytest.mark.parametrize(("question", "body"), each(WRONG))
def test_wrong_solution_loses_points(assignment, question, body):
    for seed in range(3):
        assert float(results(assignment, question, body, seed).score) < 1.2


def test_wrong_tanh_is_charged_once_when_its_derivative_calls_it(assignment):
    source = (
        "import numpy as np\n"
        "def tanh(z):\n    return 2 / (1 + np.exp(-np.clip(z, -500, 500))) - 1\n"
        "def tanh_grad(z):\n    return 1 - tanh(z) ** 2\n"
    )

    graded = grade_source(assignment, source)

    assert graded["tanh"].mistake == "two-sigma-minus-one"
    assert float(graded["tanh_grad"].score) == 1.2


def test_slip_made_twice_is_charged_twice(assignment):
    """Nothing tells softplus' derivative that calls a wrong sigmoid from one with the same slip."""
    body = "\n    return 1 / (1 + np.exp(np.clip(z, -500, 500)))\n"

    graded = grade_source(assignment, f"import numpy as np\ndef sigmoid(z):{body}def softplus_grad(z):{body}")

    assert graded["sigmoid"].score == graded["softplus_grad"].score == 0


def test_the_kink_is_not_asked_for(assignment):
    import numpy as np

    from assignments.definitions import of

    for name in ("step", "relu_grad"):
        for seed in range(50):
            for check in of(assignment).questions[name].checks(np.random.default_rng(seed)):
                assert np.all(check.script.steps[0].args[0] != 0)


def test_points_and_parts_are_the_courses(assignment):
    from assignments.definitions import of

    assert [float(question.points) for question in assignment.questions] == [1.2] * 10
    for code in of(assignment).questions.values():
        assert [(part.what, str(part.points)) for part in code.parts] == [("value", "1.0"), ("quiet", "0.2")]
