"""The gate: a good assignment passes it, and each thing that can be wrong with one is found and said."""

import json
from dataclasses import replace

import pytest

from assignments import catalog, gate, scaffold
from assignments.script import Status
from tests.assignments import sample_work
from worker.wire import play_trusted


@pytest.fixture
def folder(tmp_path):
    """A fresh assignment, as `grader assignments new` makes it."""
    return scaffold.create("fresh", pack=tmp_path)


def check(folder, seeds=3):
    return gate.check(
        catalog.read(folder), grade=sample_work.grade, run=sample_work.run, play=play_trusted, seeds=seeds
    )


def change(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_new_assignment_passes_as_made(folder):
    report = check(folder)

    assert report.failures == ()
    assert report.passed
    assert report.mutants > 0
    assert report.mutation_score == 1.0


def test_report_says_what_was_tried(folder):
    report = check(folder)

    assert (report.slug, report.questions, report.checks, report.mistakes, report.exemplars) == ("fresh", 2, 6, 3, 6)
    lines = gate.render(report).splitlines()
    assert lines[0].startswith(f"fresh {report.version}: passed in ")
    assert "mutants: " in lines[3]
    assert "(100.0 %)" in lines[3]


def test_report_as_json_is_plain_data(folder):
    data = json.loads(json.dumps(gate.as_json(check(folder))))

    assert data["passed"] is True
    assert data["mutation_score"] == 1.0
    assert data["failures"] == []


def test_answers_that_do_not_fit_the_description_are_found(folder):
    change(folder / "assignment.toml", "decimals = 2", "decimals = 3")

    report = check(folder)

    assert not report.passed
    assert "decimals are 2 in questions.py and 3 in assignment.toml" in report.failures[0]


def test_starter_that_earns_points_is_found(folder):
    change(folder / "starter.py", 'raise NotImplementedError("', 'return (x * x).mean()\n    ("')

    assert "starter.py earns 3 points for fresh; expected none" in check(folder).failures


def test_exemplar_with_another_score_is_found(folder):
    change(folder / "exemplars" / "sum_for_mean.py", "fresh=0", "fresh=1")

    (failure,) = check(folder).failures
    assert failure.startswith(
        "exemplar sum_for_mean.py: got fresh=0.00 mistake=sum-for-mean, expected fresh=1 mistake=sum-for-mean"
    )


def test_exemplar_with_another_mistake_is_found(folder):
    change(folder / "exemplars" / "sum_typed.toml", " mistake=sum-for-mean", "")

    failures = check(folder).failures
    assert any("exemplar sum_typed.toml: got by_hand=0.00 mistake=sum-for-mean" in failure for failure in failures)


def test_exemplar_without_a_claim_is_found(folder):
    (folder / "exemplars" / "silent.py").write_text("def fresh(x):\n    return 0\n", "utf-8")

    (failure,) = check(folder).failures
    assert failure == "silent.py: the first line must say what it gets, for example `# expect: full`"


def test_exemplar_that_claims_for_an_unknown_question_is_found(folder):
    change(folder / "exemplars" / "sum_for_mean.py", "fresh=0", "mean=0")

    (failure,) = check(folder).failures
    assert "sum_for_mean.py: cannot read 'mean=0 mistake=sum-for-mean'" in failure


def test_mistake_that_no_exemplar_shows_is_found(folder):
    (folder / "exemplars" / "sum_for_mean.py").unlink()

    assert check(folder).failures == (
        "question fresh: no exemplar shows mistake sum-for-mean; add one that declares it",
    )


def test_two_mistakes_that_no_case_tells_apart_are_found(folder):
    mistake = 'Mistake("sum-for-mean", SUM_SAYS, replaces={"fresh": sum_of_squares}),'
    change(folder / "questions.py", mistake, f"{mistake} {mistake.replace('sum-for-mean', 'twin')}")

    assert any(
        "question fresh, mistake twin, seed 0" in failure and "expected 0 % of the points and mistake twin" in failure
        for failure in check(folder).failures
    )


def test_two_typed_mistakes_of_one_value_are_found(folder):
    mistake = 'WrongNumber("sum-for-mean", 21.0, SUM_SAYS),'
    change(folder / "questions.py", mistake, f"{mistake} {mistake.replace('sum-for-mean', 'twin')}")

    assert any(
        "typed '21.00'" in failure and "expected 0 % of the points and mistake twin" in failure
        for failure in check(folder).failures
    )


def test_mistake_that_is_right_after_all_is_found(folder):
    change(folder / "questions.py", "return float(np.sum(x**2))", "return float(np.sum(x**2)) / len(x)")

    failures = check(folder).failures
    assert any("mistake sum-for-mean, seed 0: got 3 of 3 points and mistake None" in failure for failure in failures)


def test_hole_in_the_checks_lets_a_mutant_through_and_is_found(folder):
    """Of one entry, sum and mean are the same."""
    change(folder / "questions.py", "(2, 4, 7, 11)", "(1, 1)")
    change(
        folder / "questions.py", "np.array([3.0, -1.0]), np.array([0.5, 2.0, 1.0])", "np.array([3.0]), np.array([2.0])"
    )

    report = check(folder)

    assert "mutant not caught: right_loop.py: `return total / len(x)`: / -> *" in report.failures
    assert report.mutation_score < 1.0


def test_equivalent_mutant_is_excused_by_its_entry_alone(folder):
    sample = folder / "exemplars" / "right_odd.py"
    sample.write_text("# expect: full\ndef fresh(x):\n    return sum(x * x, 0.0) * 1 / len(x)\n", "utf-8")
    survivors = [failure for failure in check(folder).failures if failure.startswith("mutant not caught: right_odd.py")]
    assert survivors == ["mutant not caught: right_odd.py: `return sum(x * x, 0.0) * 1 / len(x)`: * -> /"]

    (folder / "equivalent.toml").write_text(
        '[[equivalent]]\nexemplar = "right_odd.py"\nline = "return sum(x * x, 0.0) * 1 / len(x)"\n'
        'changes = ["* -> /"]\nreason = "a factor of 1"\n',
        "utf-8",
    )

    report = check(folder)
    assert report.failures == ()
    assert report.mutants_equivalent == 1


def test_equivalent_mutant_gets_a_students_time(folder):
    """On a slow machine it may need more than finds out the others; cut off, it would pass for one that is caught."""
    sample = folder / "exemplars" / "right_odd.py"
    sample.write_text("# expect: full\ndef fresh(x):\n    return sum(x * x, 0.0) * 1 / len(x)\n", "utf-8")
    (folder / "equivalent.toml").write_text(
        '[[equivalent]]\nexemplar = "right_odd.py"\nline = "return sum(x * x, 0.0) * 1 / len(x)"\n'
        'changes = ["* -> /"]\nreason = "a factor of 1"\n',
        "utf-8",
    )

    def run(assignment, files, probes):
        load, *answers = sample_work.run(assignment, files, probes)
        yield load
        for answer in answers:
            is_slow = b"x * x, 0.0) / 1" in files[0][1] and assignment.limits.cpu_s <= gate.MUTANT_CPU_S
            cut_off = tuple(replace(outcome, status=Status.TIMED_OUT) for outcome in answer.outcomes)
            yield replace(answer, outcomes=cut_off) if is_slow else answer

    report = gate.check(catalog.read(folder), grade=sample_work.grade, run=run, play=play_trusted, seeds=3)
    assert report.failures == ()
    assert report.mutants_equivalent == 1


def test_entry_for_a_mutant_that_is_caught_is_stale(folder):
    (folder / "equivalent.toml").write_text(
        '[[equivalent]]\nexemplar = "right_numpy.py"\nline = "return np.mean(x * x)"\n'
        'changes = ["* -> +"]\nreason = "?"\n',
        "utf-8",
    )

    (failure,) = check(folder).failures
    assert failure.endswith("* -> +: no such mutant survives; take it out")


@pytest.mark.parametrize(
    "slug", ["Upper", "two words", "", "1st", "../up", "class", "random", "sum", "numpy", "by_hand"]
)
def test_slug_that_cannot_be_a_module_is_refused(tmp_path, slug):
    with pytest.raises(scaffold.ScaffoldError):
        scaffold.create(slug, pack=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_there_is_not_written_over(folder):
    before = (folder / "questions.py").read_bytes()

    with pytest.raises(scaffold.ScaffoldError, match="is there already"):
        scaffold.create("fresh", pack=folder.parent)

    assert (folder / "questions.py").read_bytes() == before


def test_name_of_a_module_of_ours_is_refused():
    with pytest.raises(scaffold.ScaffoldError, match="is there already"):
        scaffold.create("gate")
