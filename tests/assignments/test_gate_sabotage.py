"""Whatever is broken in an assignment that is in order, the gate fails, and says what is wrong."""

import shutil

import pytest

from assignments import catalog, gate
from tests.assignments import sample_work
from worker.wire import play_trusted

REFERENCE = 'reference={"f4": python_basics.f4},'
DOUBLED = '_wrong("doubled", python_basics.f4_doubled, DOUBLED_SAYS),'
CHECKS = "    return [*_visible_checks(), *_hidden_checks(rng)]"
IMPORTS = "from assignments.script import call\n"


@pytest.fixture
def folder(tmp_path):
    """A copy of a small assignment that passes."""
    copy = tmp_path / "python_warmup"
    shutil.copytree(catalog.PACK / "python_warmup", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def check(folder):
    assignment = catalog.read(folder)
    return gate.check(assignment, grade=sample_work.grade, run=sample_work.run, play=play_trusted, seeds=2)


def change(path, old, new):
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new), "utf-8")


def with_tolerance(folder, tolerance):
    change(folder / "questions.py", IMPORTS, f"{IMPORTS}from assignments.language import Tolerance\n")
    change(folder / "questions.py", REFERENCE, f"{REFERENCE} tolerance={tolerance},")


def test_the_copy_passes_as_it_is(folder):
    report = check(folder)

    assert report.failures == ()
    assert report.mutants - report.mutants_equivalent >= gate.LEAST_MUTANTS
    assert report.right_margin.times > 10
    assert report.wrong_margin.times > 10
    assert "float32" in report.right_margin.where
    assert report.wrong_answers > 50


def test_wrong_reference_is_found_by_right_work(folder):
    change(folder / "questions.py", REFERENCE, 'reference={"f4": python_basics.f4_doubled},')

    failures = check(folder).failures

    assert any(line.startswith("exemplar right_plain.py: got f4=0.00, expected f4=4") for line in failures)
    assert any("right work is judged wrong: right_plain.py, as written, f4" in line for line in failures)
    assert any("mistake doubled, seed 0: got 4 of 4 points" in line for line in failures)


def test_starter_that_earns_is_found(folder):
    (folder / "starter.py").write_text("def f4(x, a=1):\n    return a * x ** 2\n", "utf-8")

    assert "starter.py earns 4 points for f4; expected none" in check(folder).failures


def test_starter_that_does_not_load_is_found(folder):
    (folder / "starter.py").write_text("import nothing_of_that_name\n", "utf-8")

    assert check(folder).passed, "in this process a load failure has no note; the sandbox gives one"


def test_exemplar_that_claims_too_much_is_found(folder):
    change(folder / "exemplars" / "f4_doubled.py", "f4=0", "f4=2")

    (failure,) = check(folder).failures
    assert failure.startswith("exemplar f4_doubled.py: got f4=0.00 mistake=doubled, expected f4=2 mistake=doubled")


def test_mistake_that_is_not_named_any_more_is_found(folder):
    change(folder / "questions.py", DOUBLED, "")

    failures = check(folder).failures
    assert any(line.startswith("exemplar f4_doubled.py: got f4=0.00, expected") for line in failures)


def test_mistakes_that_cannot_be_told_apart_are_found(folder):
    change(folder / "questions.py", DOUBLED, DOUBLED + DOUBLED.replace('"doubled"', '"twin"'))

    failures = check(folder).failures
    assert any("mistake twin, seed 0: got 0 of 4 points and mistake doubled" in line for line in failures)
    assert "question f4: no exemplar shows mistake twin; add one that declares it" in failures


def test_each_failure_is_told_once_and_not_for_every_draw(folder):
    change(folder / "questions.py", DOUBLED, DOUBLED + DOUBLED.replace('"doubled"', '"twin"'))

    told = [line for line in check(folder).failures if "mistake twin, seed" in line]
    assert len(told) == 1


def test_checks_that_miss_a_fault_let_a_mutant_through(folder):
    change(folder / "questions.py", CHECKS, "    return [*_visible_checks()[:2], *_visible_checks()[:2]]")

    failures = check(folder).failures
    assert "mutant not caught: right_plain.py: `return a*x**2`: ** -> *" in failures


def test_stale_entry_of_an_equivalent_mutant_is_found(folder):
    change(folder / "equivalent.toml", "np.multiply swapped", "np.divide swapped")

    failures = check(folder).failures
    line = "right_numpy.py: `return np.multiply(a, np.square(x))`"
    assert f"mutant not caught: {line}: first two arguments of np.multiply swapped" in failures
    assert any(f"equivalent.toml: {line}: first two arguments of np.divide" in failure for failure in failures)


def test_tolerance_that_right_work_only_just_keeps_is_found(folder):
    with_tolerance(folder, "Tolerance(rtol=4e-16, atol=0.0)")

    failures = check(folder).failures
    assert any(line.startswith("the tolerance is too narrow: right_") for line in failures)
    assert any("expected at least 10: widen it, or draw other cases" in line for line in failures)


def test_tolerance_that_right_work_does_not_keep_is_found(folder):
    with_tolerance(folder, "Tolerance(rtol=1e-17, atol=0.0)")

    failures = check(folder).failures
    assert any(
        line.startswith("right work is judged wrong: right_") and "beyond the limit" in line for line in failures
    )


def test_tolerance_that_wrong_work_only_just_breaks_is_found(folder):
    with_tolerance(folder, "Tolerance(rtol=0.2, atol=0.0)")
    # Whole numbers are never within a quarter of their neighbours: only the others show it.
    change(folder / "questions.py", CHECKS, "    return _hidden_checks(rng)[6:8]")

    failures = check(folder).failures
    assert any(line.startswith("mutant caught by too little: right_class.py") for line in failures)
    assert any("expected at least 10: narrow the tolerance, or draw other cases" in line for line in failures)
    assert any("mistake not-squared, seed 0: only" in line for line in failures), failures


def test_too_few_mutants_are_found(folder):
    for name in ("right_class.py", "right_loops.py", "right_prints_too.py"):
        (folder / "exemplars" / name).unlink()

    failures = check(folder).failures
    assert any(
        "mutants can be made of the right exemplars" in line and "expected at least 40" in line for line in failures
    )


def test_wrong_answer_that_keeps_its_points_is_found(folder):
    change(folder / "wrong_answers.toml", "return a + x ** 2", "return a * x ** 2")

    assert check(folder).failures == ("wrong answer f4, 'added': it keeps all 4 points; expected it to lose some",)


def test_wrong_answer_about_which_nothing_is_said_is_found(folder):
    change(folder / "wrong_answers.toml", "return a + x ** 2", "return a * x ** 2 + abs(x) ** 0.37 + 0.21")

    (failure,) = check(folder).failures
    assert failure.startswith("wrong answer f4, 'added': the student reads only that it is wrong: '`f4` returned")


def test_too_few_wrong_answers_are_found(folder):
    (folder / "wrong_answers.toml").unlink()

    failures = check(folder).failures
    assert "wrong_answers.toml: f4 lists 0 wrong answers; expected at least 10" in failures
    assert "wrong_answers.toml: has_key lists 0 wrong answers; expected at least 3 (every wrong choice)" in failures


def test_draft_may_still_lack_mutants_and_wrong_answers(folder):
    (folder / "wrong_answers.toml").unlink()
    for name in ("right_class.py", "right_loops.py", "right_prints_too.py"):
        (folder / "exemplars" / name).unlink()
    change(
        folder / "assignment.toml",
        '[[questions]]\nid = "f4_default"',
        'draft = true\n\n[[questions]]\nid = "f4_default"',
    )

    report = check(folder)

    assert report.is_draft
    assert report.failures == ()
    assert "(draft)" in gate.render(report)


def test_list_of_wrong_answers_that_cannot_be_read_is_found(folder):
    change(folder / "wrong_answers.toml", 'question = "f4"\n', 'question = "f5"\n')

    (failure,) = check(folder).failures
    assert "question is 'f5'; there are f4_default" in failure


def test_reference_that_fails_is_found_and_nothing_else_is_tried(folder):
    change(folder / "questions.py", REFERENCE, 'reference={"f4": lambda x, a=1: x.no_such_thing},')

    report = check(folder)

    assert any("the judge cannot go on: check f4(2): the reference ended as raised" in line for line in report.failures)
    assert report.mutants == 0
