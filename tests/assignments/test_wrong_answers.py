"""The list of wrong answers: read strictly, graded always alike, and shown as a page that is kept current."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from assignments import catalog, exemplars, feedback_table, scaffold, wrong_answers
from assignments.patterns import NOTHING_SIMPLE, SHOWN_ONLY
from tests.assignments import sample_work

SUM = """
[[wrong]]
question = "fresh"
answer = "a sum | not a mean"
code = '''
def fresh(x):
    return sum(x * x)
'''
"""
TYPED = """
[[wrong]]
question = "by_hand"
answer = "the squares added up"
text = "21"
"""


@pytest.fixture
def folder(tmp_path):
    return scaffold.create("fresh", pack=tmp_path)


def listed(folder, text):
    (folder / "wrong_answers.toml").write_text(text, "utf-8")
    return wrong_answers.load(catalog.read(folder))


def read(folder, text):
    assignment = catalog.read(folder)
    with ThreadPoolExecutor(2) as pool:
        return wrong_answers.read_all(
            assignment, listed(folder, text), exemplars.load(assignment), sample_work.grade, pool
        )


def problems(folder, text):
    return [problem for found in read(folder, text) for problem in found.problems()]


def test_entries_come_question_by_question_whatever_their_order_in_the_file(folder):
    assert [wrong.question for wrong in listed(folder, SUM + TYPED)] == ["by_hand", "fresh"]


def test_folder_without_a_list_has_none(folder):
    assert wrong_answers.load(catalog.read(folder)) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "not valid TOML"),
        ("wrong = 1", "expected [[wrong]] tables"),
        ("[[wrong]]\nquestion = 1", "entry 1: expected a table of texts"),
        (TYPED.replace("by_hand", "other"), "question is 'other'; there are by_hand, fresh"),
        (TYPED.replace("the squares added up", " "), "answer is missing"),
        (TYPED.replace("text", "code"), "by_hand is answered by text, and by nothing else"),
        (SUM.replace("code", "text"), "fresh is answered by code, and by nothing else"),
        (TYPED + 'base = "right_loop.py"', "answered by text, and by nothing else"),
        (TYPED + 'txt = "3"', "unknown key 'txt'"),
    ],
)
def test_list_that_does_not_fit_is_refused(folder, text, message):
    with pytest.raises(wrong_answers.WrongAnswersError) as error:
        listed(folder, text)

    assert message in str(error.value)


def test_code_stands_below_a_right_exemplar_and_takes_the_place_of_its_function(folder):
    (found,) = read(folder, SUM)

    assert found.result.mistake == "sum-for-mean"
    assert list(found.problems()) == []


def test_base_names_the_exemplar_and_an_empty_one_stands_for_none(folder):
    uses_numpy = SUM.replace("sum(x * x)", "np.sum(x * x)")

    (alone,) = read(folder, uses_numpy + 'base = ""\n')
    (below,) = read(folder, uses_numpy + 'base = "right_numpy.py"\n')

    assert alone.result.verdict == "crashed"
    assert below.result.mistake == "sum-for-mean"
    with pytest.raises(wrong_answers.WrongAnswersError, match=r"there is no exemplar gone\.py"):
        read(folder, uses_numpy + 'base = "gone.py"\n')


def test_answer_that_keeps_its_points_is_a_problem(folder):
    (problem,) = problems(folder, TYPED.replace('"21"', '"7"'))

    assert problem == ("wrong answer by_hand, 'the squares added up': it keeps all 2 points; expected it to lose some")


def test_message_that_only_says_how_far_off_is_a_problem(folder):
    odd = SUM.replace("sum(x * x)", "float(np.mean(np.abs(x) ** 1.5) + len(x) ** 0.3)") + 'base = "right_numpy.py"\n'

    (problem,) = problems(folder, odd)

    assert "the student reads only that it is wrong" in problem


@pytest.mark.parametrize(
    "text",
    [
        "3 of 4 checks are not right.",
        "`f` returned a number that is off by 0.25 (relative 0.1).",
        "`f` returned for item 2 of 2: a whole number that is off by 1. 1 of 2 checks is not right.",
        "`f` returned an array of the right shape (2, 3), but 1 of 6 entries is off, the most by 1e-05.",
        "This is not the right number. 4 decimals are asked for.",
        "Wrong!",
        NOTHING_SIMPLE,
        "42",
    ],
)
def test_sentence_that_says_nothing_is_known(text):
    assert not wrong_answers._tells(text)


@pytest.mark.parametrize(
    "text",
    [
        "`f` returned a number that is off by 0.25. The sign is the wrong way round.",
        "`f` returned None. Is a `return` missing?",
        "`f` returned shape (3, 1); expected (3,).",
        "Multiply q by z; mind the sign.",
        SHOWN_ONLY,
    ],
)
def test_sentence_that_says_something_is_known(text):
    assert wrong_answers._tells(text)


def test_ten_answers_are_asked_for_every_question_and_each_once(folder):
    assignment = catalog.read(folder)
    few = listed(folder, TYPED + SUM + SUM)

    complaints = list(wrong_answers.missing(assignment, few))

    assert "wrong_answers.toml: by_hand lists 1 wrong answers; expected at least 10" in complaints
    assert "wrong_answers.toml: fresh lists 'a sum | not a mean' twice" in complaints


def test_of_a_choice_only_the_wrong_ones_are_asked_for():
    assignment = catalog.load("python_warmup")
    entries = [wrong for wrong in wrong_answers.load(assignment) if wrong.question != "has_key"]

    (complaint,) = wrong_answers.missing(assignment, entries)

    assert complaint == ("wrong_answers.toml: has_key lists 0 wrong answers; expected at least 3 (every wrong choice)")


# --- the page ---------------------------------------------------------------------------------------------------------


def test_table_shows_answer_mistake_points_and_what_is_read(folder):
    text = feedback_table.section(catalog.read(folder), read(folder, TYPED + SUM))

    lines = text.splitlines()
    assert lines[0] == "## `fresh`: Fresh"
    assert "### `fresh`: Fresh in code" in lines
    assert "| the squares added up (`21`) | `sum-for-mean` | 0 of 2 | The squares were added up;" in text
    assert "| a sum \\| not a mean | `sum-for-mean` | 0 of 3 |" in text


def test_table_is_the_same_each_time(folder):
    assignment = catalog.read(folder)

    assert feedback_table.section(assignment, read(folder, SUM)) == feedback_table.section(
        assignment, read(folder, SUM)
    )


def test_table_is_markdown_that_shows_the_text_as_it_is():
    assert feedback_table._escaped("a|b *c* <i> $x$ `p|q*` [0]") == ("a\\|b \\*c\\* \\<i\\> \\$x\\$ `p\\|q*` \\[0\\]")


def test_words_of_pythons_own_exceptions_are_left_out_of_the_table(folder):
    """They differ from one version of Python or NumPy to the next."""
    raises = SUM.replace("return sum(x * x)", "return x.no_such_thing()")

    text = feedback_table.section(catalog.read(folder), read(folder, raises))

    assert "with AttributeError: …" in text
    assert "no_such_thing" not in text


def test_page_is_split_into_the_sections_it_is_made_of():
    sections = {"one": "## `one`: One\n\nrow\n", "two": "## `two`: Two\n\nrow\n"}

    assert feedback_table.sections_of(feedback_table.page(sections)) == sections
