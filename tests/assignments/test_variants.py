"""Numbers of one's own: drawn alike everywhere, fit to calculate with, and graded as they are shown."""

import re
import subprocess
import sys

import numpy as np
import pytest

from assignments import catalog, definitions, sigmoid_network, sigmoid_numbers, variants
from assignments.judge import Judge
from assignments.language import Number
from assignments.typed import accepted, right_number
from assignments.verdict import Verdict
from reference import backprop, gradcheck, losses, mlp
from worker.wire import play_trusted

SECRET = "5e" * 32
STUDENTS = range(200)
PACK = catalog.PACK
FORWARD, GRADIENT = PACK / "forward_pass", PACK / "gradient_quiz"


def drawn(slug, students=STUDENTS):
    return [variants.draw(PACK / slug, SECRET, student) for student in students]


def results(slug, numbers, answers):
    judge = Judge(catalog.load(slug), seed=b"seed", play=play_trusted, variant=numbers)
    return {result.id: result for result in judge.judge_fields(answers)}


def numbers_of(slug):
    """Return the number questions, with the digits asked for."""
    spec = catalog.load(slug)
    found = definitions.load(slug).questions
    return {q.id: (found[q.id], q.decimals) for q in spec.fields if isinstance(found[q.id], Number)}


def arrays(numbers):
    return sigmoid_network.network(numbers), sigmoid_network.sample(numbers), sigmoid_network.target(numbers)


def right_texts(slug, numbers):
    return {name: f"{right_number(q, numbers):.{d}f}" for name, (q, d) in numbers_of(slug).items()}


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_a_stream_is_even_and_reaches_both_ends():
    stream = variants.Stream(b"seed")
    found = [stream.whole(-2, 2) for _ in range(2_000)]
    assert set(found) == {-2, -1, 0, 1, 2}
    assert all(330 < found.count(value) < 470 for value in set(found))


def test_drawing_does_not_depend_on_the_python_that_draws():
    """These numbers were handed out: whoever changes the drawing changes graded work."""
    numbers = variants.draw(GRADIENT, SECRET, 7)
    assert variants.digest(numbers) == "796e5f7e0bc1123b"


def test_a_student_has_the_same_network_in_both_assignments_and_others_have_another():
    forward, gradient = drawn("forward_pass"), drawn("gradient_quiz")
    assert all(numbers.items() <= more.items() for numbers, more in zip(forward, gradient, strict=True))
    assert len({variants.digest(numbers) for numbers in forward}) == len(forward)


def test_numbers_follow_from_the_secret():
    assert variants.seed_of("a secret", 7) == variants.seed_of("a secret", 7)
    assert len({variants.seed_of("a secret", 7), variants.seed_of("another", 7), variants.seed_of("a secret", 8)}) == 3


def test_another_course_draws_other_numbers():
    assert variants.draw(FORWARD, SECRET, 1) != variants.draw(FORWARD, "00" * 32, 1)


@pytest.mark.parametrize("slug", ["forward_pass", "gradient_quiz"])
def test_drawn_numbers_have_two_decimals_and_the_names_of_the_lectures(slug):
    default = variants.default(PACK / slug)
    for numbers in drawn(slug, range(40)):
        assert numbers.keys() == default.keys()
        assert all(round(value, 2) == value for value in numbers.values())
        assert [type(value) for value in numbers.values()] == [type(value) for value in default.values()]


def test_the_lectures_numbers_are_the_references():
    network = sigmoid_network.network(sigmoid_numbers.LECTURE)
    deck = mlp.deck_network()
    for name in ("W0", "b0", "W1", "b1"):
        np.testing.assert_array_equal(getattr(network, name), getattr(deck, name))


def test_neither_numpy_nor_an_answer_is_loaded_to_show_numbers():
    source = (
        "import sys; from assignments import catalog, variants\n"
        "for slug in ('forward_pass', 'gradient_quiz'):\n"
        "    numbers = variants.draw(catalog.load(slug).folder, 'secret', 1); catalog.with_numbers(slug, numbers)\n"
        "found = [name for name in sys.modules if name.split('.')[0] in ('numpy', 'reference') \n"
        "         or name.endswith('questions')]\n"
        "print(found)"
    )
    shown = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, cwd=PACK.parent)
    assert shown.stdout.strip() == "[]"


# --- fit to calculate with --------------------------------------------------------------------------------------------


def test_rounding_every_step_to_four_decimals_ends_on_the_same_digits():
    for numbers in drawn("forward_pass"):
        typed = {}
        for name, (question, decimals) in numbers_of("forward_pass").items():
            exact = right_number(question, numbers)
            stepwise = exact if question.follow is None else question.follow(numbers, typed)
            typed[name] = round(stepwise, decimals)
            assert typed[name] == round(exact, decimals), (name, numbers)


def test_gradients_survive_rounding_on_the_way_too():
    for numbers in drawn("gradient_quiz"):
        network, x, y = arrays(numbers)
        passed = mlp.trace(x, network)
        h, p = np.round(passed.h, 4), np.round(passed.p, 4)
        errors = (p - y) * p * (1 - p)
        outer, inner = errors[0] * h[0], errors @ network.W1[:, 0] * h[0] * (1 - h[0]) * x[0]
        right = right_texts("gradient_quiz", numbers)
        assert f"{outer:.4f}" == right["dl_dw3_0"]
        assert f"{inner:.6f}" == right["dl_dw0_0"]
        assert f"{network.W1[0, 0] - 0.5 * round(outer, 4):.4f}" == right["w3_0_next"]


def test_gradients_of_drawn_networks_agree_with_central_differences():
    for numbers in drawn("gradient_quiz", range(20)):
        network, x, y = arrays(numbers)

        def loss(W0, network=network, x=x, y=y):
            return losses.squared_loss(mlp.trace(x, mlp.Network(W0, network.b0, network.W1, network.b1)).p, y)

        want = gradcheck.central_differences(loss, network.W0)[0, 0]
        assert backprop.network_gradients(x, y, network).W0[0, 0] == pytest.approx(want, rel=1e-5)
        question, _ = numbers_of("gradient_quiz")["dl_dw0_0"]
        assert right_number(question, numbers) == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("slug", ["forward_pass", "gradient_quiz"])
def test_right_answers_pass_and_every_mistake_is_named_for_every_student(slug):
    fields = numbers_of(slug)
    for numbers in drawn(slug):
        right = right_texts(slug, numbers)
        got = results(slug, numbers, right)
        assert all(got[name].verdict is Verdict.PASSED for name in fields), numbers
        for name, (question, decimals) in fields.items():
            for wrong in question.mistakes:
                value = wrong.value(numbers) if callable(wrong.value) else wrong.value
                for text in (f"{value:.{decimals}f}", *accepted(wrong.accepts, numbers)):
                    result = results(slug, numbers, {name: text})[name]
                    assert (result.mistake, result.score < result.max_score) == (wrong.name, True), (
                        name,
                        text,
                        numbers,
                    )


def test_the_hidden_weights_slope_may_be_typed_with_fewer_decimals_and_never_is_the_one_paths():
    question, _ = numbers_of("gradient_quiz")["dl_dw0_0"]
    (one_path,) = question.mistakes
    for numbers in (variants.default(GRADIENT), *drawn("gradient_quiz")):
        value, wrong = right_number(question, numbers), one_path.value(numbers)
        rights = {float(f"{value:.{decimals}f}") for decimals in (4, 5, 6)}
        wrongs = {float(f"{wrong:.{decimals}f}") for decimals in (4, 5, 6)}
        assert 0 not in rights | wrongs
        assert rights.isdisjoint(wrongs)
        for decimals in (4, 5, 6):
            assert results("gradient_quiz", numbers, {"dl_dw0_0": f"{value:.{decimals}f}"})["dl_dw0_0"].score == 2
            assert results("gradient_quiz", numbers, {"dl_dw0_0": f"{wrong:.{decimals}f}"})["dl_dw0_0"].score == 1


def test_the_lectures_spellings_are_those_of_the_course():
    question, _ = numbers_of("gradient_quiz")["dl_dw0_0"]
    numbers = variants.default(GRADIENT)
    assert accepted(question.accepts, numbers) == ("0.0005", "0.00053")
    assert accepted(question.mistakes[0].accepts, numbers)[0] == "0.0006"


def test_anothers_answers_are_wrong():
    mine, theirs = drawn("forward_pass", range(2))
    got = results("forward_pass", mine, right_texts("forward_pass", theirs))
    # An activation is right given the sum typed before it, whosever that is, and keeps half; nothing else earns.
    assert {name for name, result in got.items() if result.score} <= {"h0", "h1", "h2", "p0", "p1"}
    assert all(result.verdict is not Verdict.PASSED for result in got.values())


# --- shown ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", catalog.slugs())
def test_no_statement_shows_an_empty_place(slug):
    spec = catalog.load(slug)
    assert "{{" not in spec.prompt + "".join(question.prompt for question in spec.questions)


@pytest.mark.parametrize("slug", ["forward_pass", "gradient_quiz"])
def test_a_statement_shows_all_of_a_students_numbers_and_none_of_the_lectures(slug):
    for numbers in drawn(slug, range(10)):
        mine = catalog.with_numbers(slug, numbers)
        text = mine.prompt + "".join(question.prompt for question in mine.questions)
        for value in numbers.values():
            assert re.search(rf"(?<![\d.]){re.escape(variants.shown(value))}(?![\d])", text)
        matrices = re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", mine.prompt)
        assert [re.findall(r"0\.\d\d", matrix) for matrix in matrices] == [
            [variants.shown(value) for name, value in numbers.items() if name.startswith(letter)]
            for letter in ("W0", "W1")
        ]
    assert catalog.with_numbers(slug, None) is catalog.load(slug)


def test_an_erratum_never_calls_the_slides_numbers_the_students():
    for slug in ("forward_pass", "gradient_quiz"):
        for question in catalog.load(slug).questions:
            for erratum in question.errata:
                assert "above" not in erratum.holds
                assert "slide" in erratum.holds.lower() or not re.search(r"\d\.\d", erratum.holds)


def test_a_place_without_a_number_is_a_fault_of_the_assignment(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "questions.py").write_text("")
    (folder / "prompt.md").write_text("Take {{x}} and {{speed}}.")
    (folder / "variant.py").write_text("DEFAULT_VARIANT = {'x': 3}\n")
    (folder / "assignment.toml").write_text(
        'title = "T"\nsource = "S"\nsummary = "M"\n'
        '[[questions]]\nid = "n"\nkind = "number"\ntitle = "N"\npoints = "1"\n'
    )
    with pytest.raises(catalog.CatalogError, match=r"prompt.md has a place for speed"):
        catalog.read(folder)
    (folder / "prompt.md").write_text("Take {{x}}.")
    assert catalog.read(folder).prompt == "Take 3."
    assert catalog.read(folder, {"x": 0.5}).prompt == "Take 0.50."
    (folder / "variant.py").unlink()
    assert catalog.read(folder).prompt == "Take {{x}}."  # a template language may be what it is about
