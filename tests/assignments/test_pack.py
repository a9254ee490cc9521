"""The whole pack through its own gate, in the real sandbox, and its mistakes for many draws of the cases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from assignments import catalog, exemplars, feedback_table, gate, rehearsal, wrong_answers
from assignments.definitions import of
from assignments.language import Code
from assignments.script import Call
from tests.assignments import sample_work
from worker.wire import play_trusted

SOME_SEEDS = 3


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("slug", catalog.slugs())
def test_assignment_passes_the_gate_in_the_sandbox(slug, runner_socket):
    """What `grader assignments check` runs before anything is published, but for the draws that are tried below."""
    from worker.sample_runs import Sandbox

    sandbox = Sandbox(runner_socket)
    report = gate.check(catalog.load(slug), grade=sandbox.grade, run=sandbox.run, play=play_trusted, seeds=1)

    assert report.failures == ()
    assert report.mutation_score == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("slug", catalog.slugs())
def test_page_of_feedback_shows_what_students_read_now(slug, runner_socket):
    """Made anew by `grader assignments feedback --write`."""
    from worker.sample_runs import Sandbox

    assignment = catalog.load(slug)
    listed, samples = wrong_answers.load(assignment), exemplars.load(assignment)
    with ThreadPoolExecutor(2) as pool:
        reads = wrong_answers.read_all(assignment, listed, samples, Sandbox(runner_socket).grade, pool)

    shown = feedback_table.sections_of(feedback_table.PAGE.read_text("utf-8"))
    assert shown.get(slug) == feedback_table.section(assignment, reads)


def test_page_of_feedback_has_one_section_for_each_assignment():
    page = feedback_table.PAGE.read_text("utf-8")

    assert tuple(feedback_table.sections_of(page)) == catalog.slugs()
    assert page == feedback_table.page(feedback_table.sections_of(page))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_mistake_is_named_by_its_own_name_whatever_the_seed(slug):
    rehearsed = rehearsal.rehearse(catalog.load(slug), play_trusted, gate.SEEDS)

    assert rehearsed.failures == []


@pytest.mark.parametrize("slug", catalog.slugs())
def test_exemplars_get_what_they_declare_whatever_the_seed(slug):
    assignment = catalog.load(slug)

    problems = [
        f"{sample.name}, seed {seed}: {difference}"
        for sample in exemplars.load(assignment)
        for seed in range(SOME_SEEDS if sample.source else 1)
        for difference in sample.differences(
            sample_work.grade(assignment, sample.files(assignment), dict(sample.answers), f"exemplar {seed}".encode())
        )
    ]

    assert problems == []


@pytest.mark.parametrize("slug", [slug for slug in catalog.slugs() if catalog.load(slug).code_questions])
def test_code_assignment_has_right_exemplars_in_four_styles(slug):
    """One style alone lets a check ask for more than the prompt does; one spared its mutants is a style, too."""
    assignment = catalog.load(slug)
    points = {question.id: question.points for question in assignment.questions}
    right = [
        sample
        for sample in exemplars.load(assignment)
        if sample.source is not None
        and sample.name.endswith(".py")
        and all(claim.score == points[claim.question] and claim.mistake is None for claim in sample.claims)
    ]

    assert len(right) >= 4


@pytest.mark.parametrize("slug", catalog.slugs())
def test_words_for_a_mistake_are_sentences(slug):
    for name, definition in of(catalog.load(slug)).questions.items():
        for mistake in getattr(definition, "mistakes", ()):
            assert mistake.says[0] == "`" or mistake.says[0].isupper(), (name, mistake.name)
            assert mistake.says[-1] in ".)", (name, mistake.name)


def _is_call(step):
    return isinstance(step, Call)


@pytest.mark.parametrize("slug", catalog.slugs())
def test_code_question_shows_some_cases_and_hides_more(slug):
    import numpy as np

    for definition in of(catalog.load(slug)).questions.values():
        if isinstance(definition, Code):
            checks = definition.checks(np.random.default_rng(0))
            if not any(step.args or step.kwargs for check in checks for step in check.script.steps if _is_call(step)):
                continue  # a function without arguments has one case, and nothing to hide
            if len(checks) == 1:
                continue  # one long training, of which all is told
            assert sum(check.visible for check in checks) >= 2
            assert sum(not check.visible for check in checks) > sum(check.visible for check in checks)


def test_the_courses_points_are_kept():
    expected = {
        "python_warmup": {"f4_default": 2, "f4_both": 2, "f4": 4, "slicing": 1, "has_key": 1},
        "perceptron": {"predict": 5, "update": 7, "train": 8},
        "forward_pass": {
            **dict.fromkeys([f"z{i}" for i in range(5)], 1),
            **dict.fromkeys(["h0", "h1", "h2", "p0", "p1"], 1),
            "loss": 2,
        },
        "gradient_quiz": {
            **dict.fromkeys(("q", "f", "df_dx", "df_dy", "df_dz"), 1),
            "dl_dw": 2,
            "dl_db": 2,
            "dl_dw3_0": 1.5,
            "dl_dw0_0": 2,
            "w3_0_next": 1.5,
        },
        "parameter_count": dict.fromkeys(("weights", "with_biases", "keras", "count_parameters"), 2),
        "first_network": {"create": 3, "feed_forward": 4, "total_error": 3, "train": 6, "learns": 4},
        "second_network": {
            "create": 3,
            "feed_forward": 5,
            "cross_entropy": 3,
            "train_batch": 5,
            "train_stochastic": 5,
            "accuracy": 3,
        },
        "xor": {"perceptron_can": 2, "xor_network": 6},
        "vanishing_gradient": {"product": 2, "gradient_through_layers": 4},
        "concepts": {
            **dict.fromkeys(("dogs_cats", "documents", "go", "house_prices"), 2),
            "what_is_ml": 3,
            "ml_vs_dl": 3,
            "cnn_rnn": 2,
        },
    }
    got = {
        slug: {question.id: float(question.points) for question in catalog.load(slug).questions} for slug in expected
    }

    assert got == expected
