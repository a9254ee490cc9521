"""The whole pack through its own gate, in the real sandbox, and its mistakes for many draws of the cases."""

import pytest

from assignments import catalog, exemplars, gate, rehearsal
from assignments.definitions import of
from assignments.language import Code
from tests.assignments import sample_work
from worker.wire import play_trusted

MANY_SEEDS = 200
SOME_SEEDS = 5


@pytest.mark.slow
@pytest.mark.parametrize("slug", catalog.slugs())
def test_assignment_passes_the_gate_in_the_sandbox(slug, runner_socket):
    """What `grader assignments check` runs before anything is published."""
    from worker.client import RunnerClient
    from worker.judging import grade_upload

    def grade(assignment, files, answers, seed):
        return grade_upload(assignment, files, answers, seed=seed, runner=RunnerClient(runner_socket))

    report = gate.check(catalog.load(slug), grade=grade, play=play_trusted, seeds=1)

    assert report.failures == ()
    assert report.mutation_score == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_mistake_is_named_by_its_own_name_whatever_the_seed(slug):
    rehearsed = rehearsal.rehearse(catalog.load(slug), play_trusted, MANY_SEEDS)

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
    """One style alone lets a check ask for more than the prompt does."""
    assert sum(sample.is_right for sample in exemplars.load(catalog.load(slug))) >= 4


@pytest.mark.parametrize("slug", catalog.slugs())
def test_words_for_a_mistake_are_sentences(slug):
    for name, definition in of(catalog.load(slug)).questions.items():
        for mistake in getattr(definition, "mistakes", ()):
            assert mistake.says[0] == "`" or mistake.says[0].isupper(), (name, mistake.name)
            assert mistake.says[-1] in ".)", (name, mistake.name)


@pytest.mark.parametrize("slug", catalog.slugs())
def test_code_question_shows_some_cases_and_hides_more(slug):
    import numpy as np

    for definition in of(catalog.load(slug)).questions.values():
        if isinstance(definition, Code):
            checks = definition.checks(np.random.default_rng(0))
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
    }
    got = {
        slug: {question.id: float(question.points) for question in catalog.load(slug).questions} for slug in expected
    }

    assert got == expected
