"""The typed questions of the pack, beyond the exemplars: COURSE's numbers, tolerances and named mistakes."""

import pytest

from assignments import catalog
from tests.assignments.sample_work import grade_answers, grade_source

FORWARD = {
    "z0": "0.4775", "z1": "0.4925", "z2": "0.5075", "h0": "0.6172", "h1": "0.6207", "h2": "0.6242",
    "z3": "1.8245", "z4": "2.1038", "p0": "0.8611", "p1": "0.8913", "loss": "0.3671",
}  # fmt: skip


def one(slug, question, text):
    result = grade_answers(catalog.load(slug), **{question: text})[question]
    return float(result.score), result.mistake


def test_forward_pass_has_the_courses_numbers():
    results = grade_answers(catalog.load("forward_pass"), **FORWARD)

    assert sum(result.score for result in results.values()) == 12
    assert {result.mistake for result in results.values()} == {None}


@pytest.mark.parametrize("field", FORWARD)
def test_forward_pass_number_off_by_one_in_the_last_digit_is_wrong(field):
    off = f"{float(FORWARD[field]) + 0.0001:.4f}"

    assert one("forward_pass", field, off) == (0.0, None)


@pytest.mark.parametrize(
    ("field", "text", "mistake"),
    [
        ("z0", "0.0275", "bias-forgotten"),
        ("h2", "0.4680", "tanh-for-sigmoid"),
        ("p0", "0.9493", "tanh-for-sigmoid"),
        ("loss", "0.7341", "no-half"),
        ("loss", "0.7342", "no-half"),
        ("loss", "0.1835", "mean-for-sum"),
        ("loss", "0.1836", "mean-for-sum"),
    ],
)
def test_forward_pass_mistake_is_named(field, text, mistake):
    assert one("forward_pass", field, text) == (0.0, mistake)


@pytest.mark.parametrize(
    ("earlier", "field", "text", "score"),
    [
        ({"z0": "1"}, "h0", "0.7311", 0.5),
        ({"z0": "1"}, "h0", "0.6172", 1),  # right whatever stands before it
        ({"z0": "1"}, "h0", "0.7313", 0),
        ({"h0": "0.5", "h2": "0.5"}, "z3", "1.6914", 0.5),
        ({"h0": "0.5"}, "z3", "1.7659", 0.5),  # the blank ones stand as right
        ({"h0": "half"}, "z3", "1.8245", 1),  # an unreadable one as well
        ({"p0": "0.5"}, "loss", "0.1249", 1),
        ({"p0": "0.5", "p1": "0.5"}, "loss", "0.2401", 1),
        ({"p0": "0.5", "p1": "0.5"}, "loss", "0.4801", 0),
    ],
)
def test_forward_pass_follows_the_students_own_earlier_values(earlier, field, text, score):
    results = grade_answers(catalog.load("forward_pass"), **earlier, **{field: text})

    assert float(results[field].score) == score


def test_targets_and_outputs_in_swapped_places_are_right():
    """The loss squares the difference."""
    loss = 0.5 * ((0.01 - 0.8611) ** 2 + (0.99 - 0.8913) ** 2)
    assert loss == pytest.approx(0.3671, abs=5e-5)
    assert one("forward_pass", "loss", "0.3671") == (2.0, None)


@pytest.mark.parametrize(
    ("question", "text", "score", "mistake"),
    [
        ("q", "3", 1, None),
        ("f", "−12", 1, None),
        ("f", "-12.0", 1, None),
        ("f", "-11.9999", 0, None),
        ("df_dx", "-4", 1, None),
        ("df_dx", "3", 0, "swapped"),
        ("df_dx", "4", 0, "sign-flipped"),
        ("df_dx", "-2", 0, "own-value"),
        ("df_dy", "5", 0, "own-value"),
        ("df_dz", "-4", 0, "swapped"),
        ("df_dz", "-3", 0, "sign-flipped"),
        ("dl_dw3_0", "0.0628", 1.5, None),
        ("dl_dw3_0", "0.06282", 1.5, None),
        ("dl_dw3_0", "0.063", 0, None),
        ("dl_dw3_0", "-0.0628", 0, "sign-flipped"),
        ("dl_dw3_0", "0.1018", 0, "h-missing"),
        ("dl_dw3_0", "0.5253", 0, "slope-missing"),
        ("dl_dw0_0", "0.000528", 2, None),
        ("dl_dw0_0", "0.0005278", 2, None),
        ("dl_dw0_0", "5.28e-4", 2, None),
        ("dl_dw0_0", "0.0005", 2, None),
        ("dl_dw0_0", "0.00053", 2, None),
        ("dl_dw0_0", "0.00052", 0, None),
        ("dl_dw0_0", "0.00051", 0, None),
        ("dl_dw0_0", "0.000601", 1, "one-path"),
        ("dl_dw0_0", "0.0006", 1, "one-path"),
        ("dl_dw0_0", "0.00061", 0, None),
        ("w3_0_next", "0.4686", 1.5, None),
        ("w3_0_next", "0.5314", 0, "added"),
        ("w3_0_next", "0.4372", 0, "rate-forgotten"),
    ],
)
def test_gradient_quiz_number(question, text, score, mistake):
    assert one("gradient_quiz", question, text) == (score, mistake)


@pytest.mark.parametrize(
    "text",
    [
        "(y_hat-y)*y_hat*(1-y_hat)*x",
        "x*(ŷ-y)*(ŷ-ŷ^2)",
        "(σ(z)-y)·σ(z)·(1-σ(z))·x",
        "-(y-y_hat)*sigma(w*x+b)*sigma(-z)*x",
        "(1/(1+exp(-z)) - y) * exp(-z) / (1+exp(-z))**2 * x",
    ],
)
def test_gradient_quiz_weight_formula_is_right_in_any_form(text):
    assert one("gradient_quiz", "dl_dw", text) == (2.0, None)
    assert one("gradient_quiz", "dl_db", text) == (0.0, "x-present")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("(y_hat-y)*x", "slope-missing"),
        ("(y-y_hat)*y_hat*(1-y_hat)*x", "sign-flipped"),
        ("2*(y_hat-y)*y_hat*(1-y_hat)*x", "doubled"),
        ("(y_hat-y)*sigma(z)*x", "sigma-for-its-slope"),
        ("(y_hat-y)*sigma(z)*(1-sigma(z))", "x-missing"),
        ("(y_hat-y)*y_hat*(1+y_hat)*x", None),
        ("(y_hat-y)*y_hat*(1-y_hat)*w", None),
        ("0", None),
    ],
)
def test_gradient_quiz_wrong_weight_formula_is_named(text, mistake):
    assert one("gradient_quiz", "dl_dw", text) == (0.0, mistake)


@pytest.mark.parametrize(
    ("question", "text", "score", "mistake"),
    [
        ("f4_default", "4", 2, None),
        ("f4_default", "4,0", 2, None),
        ("f4_default", "2", 0, "not-squared"),
        ("f4_default", "1", 0, "default-alone"),
        ("f4_both", "8", 2, None),
        ("f4_both", "16", 0, "product-squared"),
        ("f4_both", "4", 0, "a-ignored"),
        ("slicing", '["nice string"]', 1, None),
        ("slicing", "['nice string']", 1, None),
        ("slicing", "'nice string'", 0, "index-for-slice"),
        ("slicing", "('nice string',)", 0, None),
        ("has_key", "AttributeError", 1, None),
        ("has_key", "True", 0, "python-2"),
        ("has_key", "False", 0, "key-not-found"),
        ("has_key", "KeyError", 0, "missing-key"),
    ],
)
def test_python_warmup_field(question, text, score, mistake):
    assert one("python_warmup", question, text) == (score, mistake)


@pytest.mark.parametrize(
    ("body", "score", "mistake"),
    [
        ("def f4(x, a=1): return a * x**2", 4, None),
        ("def f4(x, a=1.0): return x * x * a", 4, None),
        ("import numpy as np\ndef f4(x, a=1): return np.vectorize(lambda v: a * v**2)(x)", 4, None),
        ("def f4(x, a=1): return a*x*2", 0, "doubled"),
        ("def f4(x, a=1): return 2*a*x", 0, "doubled"),
        ("def f4(x, a=1): return (a*x)**2", 0, "product-squared"),
        ("def f4(x, a): return a*x**2", 0, "no-default"),
        ("def f4(x, a=1): return a**2*x", 0, "factor-squared"),
        ("def f4(x, a=1): return {(2, 1): 4, (2, 2): 8}[x, a]", 0, None),
        ("def f4(x, a=1): return abs(a*x)**2/abs(a)", None, None),
        ("def f4(x, a=1): return a*x**3", 0, None),
        ("def f4(x, a=0): return a*x**2", None, None),
    ],
)
def test_f4_in_code(body, score, mistake):
    result = grade_source(catalog.load("python_warmup"), body)["f4"]

    if score is None:
        assert result.score < 4
    else:
        assert float(result.score) == score
    assert result.mistake == mistake


@pytest.mark.parametrize(
    ("slug", "question", "printed"),
    [
        ("forward_pass", "z2", "0.5057"),
        ("forward_pass", "z3", "[[0.5, 0.6, 0.7], [0.55, 0.65, 0.75]]"),
        ("forward_pass", "z4", "[[0.5, 0.6, 0.7], [0.55, 0.65, 0.75]]"),
        ("gradient_quiz", "dl_dw0_0", "0.0006"),
        ("gradient_quiz", "dl_db", r"\partial b"),
        ("python_warmup", "slicing", "a[-2]"),
    ],
)
def test_slide_at_odds_with_itself_is_noted_with_its_question(slug, question, printed):
    (erratum,) = catalog.load(slug).question(question).errata

    assert printed in erratum.prints


@pytest.mark.parametrize("slug", ["forward_pass", "gradient_quiz", "python_warmup"])
def test_statement_does_not_give_its_answers_away(slug):
    """Neither the prompt nor an erratum may print a number that is asked for to several digits."""
    assignment = catalog.load(slug)
    shown = [assignment.prompt, *(q.prompt for q in assignment.questions)]
    shown += [erratum.holds for question in assignment.questions for erratum in question.errata]
    answers = [*FORWARD.values(), "0.0628", "0.000528", "0.4686", "y_hat*(1-y_hat)", "['nice string']"]

    assert [answer for answer in answers if any(answer in text for text in shown)] == []
