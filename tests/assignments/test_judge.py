"""The judge: what earns points, which verdict is given, and what the student reads."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.judge import JudgingError
from assignments.language import Check, Choice, Code, Fault, Mistake, Number, Part, Tolerance, Written
from assignments.script import Call, Load, Outcome, Ref, Repeat, Script, Status, call
from assignments.verdict import Curve, Verdict
from tests.assignments.builders import grade, grade_outcomes, make_judge
from tests.assignments.player import play
from tests.assignments.test_compare import plain

SHOWN, HIDDEN = 2, 8


def double(x, factor=2.0):
    return factor * np.asarray(x, dtype=float)


def double_checks(rng):
    shown = [Check(f"shown {n}", call("double", np.arange(n + 1.0)), visible=True) for n in range(SHOWN)]
    return shown + [Check(f"hidden {n}", call("double", rng.normal(size=n + 2))) for n in range(HIDDEN)]


DOUBLE = Code(reference={"double": double}, checks=double_checks)


def right_on(count):
    """Return a function that is right on its first `count` calls and a little off afterwards."""
    calls = iter(range(10_000))
    return lambda x: double(x) + (0.0 if next(calls) < count else 0.123 * np.arange(1, len(x) + 1))


def judge_double(**changes):
    return make_judge({"q": Code(**{**vars(DOUBLE), **changes})})


# --- points -----------------------------------------------------------------------------------------------------------


def test_all_checks_right_earn_all_points_and_no_words():
    result = grade(judge_double(), {"double": double})

    assert (result.score, result.verdict, result.mistake, result.feedback) == (Decimal(10), Verdict.PASSED, None, ())
    assert {check.verdict for check in result.checks} == {Verdict.PASSED}


@pytest.mark.parametrize(
    ("right", "score", "verdict"),
    [(9, "9", Verdict.PARTIAL), (7, "7", Verdict.PARTIAL), (5, "5", Verdict.PARTIAL), (4, "0", Verdict.FAILED)],
)
def test_from_half_of_the_checks_on_their_share_is_earned(right, score, verdict):
    result = grade(judge_double(), {"double": right_on(right)})

    assert (result.score, result.verdict) == (Decimal(score), verdict)


def test_points_are_never_rounded_by_the_judge():
    judge = make_judge({"q": Code({"f": abs}, lambda _: [Check(str(n), call("f", -n)) for n in (1, 2, 3)])}, points="7")

    assert grade(judge, {"f": lambda n: 1 if n == -1 else 2}).score == Decimal(7) * 2 / 3


def test_checks_of_a_group_count_as_one_and_only_together():
    """A constant answer is right on half of all cases; in pairs it is right on none."""
    cases = [Check(f"{n} {sign}", call("f", sign * n), group=str(n)) for n in range(1, 5) for sign in (1, -1)]
    judge = make_judge({"q": Code({"f": lambda n: int(n > 0)}, lambda _: cases)})

    result = grade(judge, {"f": lambda _n: 1})

    assert result.score == 0
    assert "count as one" in " ".join(result.feedback)
    assert grade(judge, {"f": lambda n: int(n > 0 or n == -4)}).score == Decimal("7.5")


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.RETURNED])
def test_whatever_did_not_return_earns_nothing(status):
    judge = judge_double()
    outcomes = [Outcome(status, function="double", value=np.zeros(1))] * (SHOWN + HIDDEN)

    assert grade_outcomes(judge, outcomes).score == 0


def test_outcomes_that_do_not_belong_to_the_question_are_the_graders_error():
    judge = judge_double()

    with pytest.raises(JudgingError, match="10 checks"):
        grade_outcomes(judge, [Outcome(Status.RETURNED)] * 3)


# --- parts ------------------------------------------------------------------------------------------------------------


def pair(x):
    return 2 * x, x - 1


PAIR = Code(
    {"pair": pair},
    lambda rng: [Check(f"case {n}", call("pair", rng.normal(size=3))) for n in range(4)],
    parts=(
        Part("twice", Decimal(4), pick=0),
        Part("less", Decimal(5), pick=1),
        Part("pure", Decimal(1), what="pure", needs="less"),
    ),
)


def test_each_part_is_judged_by_itself():
    judge = make_judge({"q": PAIR})

    assert grade(judge, {"pair": pair}).score == 10
    assert grade(judge, {"pair": lambda x: (x, x - 1)}).score == 6
    result = grade(judge, {"pair": lambda x: (2 * x, x)})
    assert (result.score, result.verdict) == (Decimal(4), Verdict.PARTIAL)
    assert result.checks[0].message.startswith("`pair` returned for less: ")


def test_another_number_of_values_fails_every_part_and_is_said_once():
    result = grade(make_judge({"q": PAIR}), {"pair": lambda x: (2 * x, x - 1, x)})

    assert (result.score, result.verdict) == (Decimal(0), Verdict.FAILED)
    assert result.feedback[0] == "`pair` returned 3 values; expected 2 values."


def test_a_list_or_an_array_may_stand_for_the_tuple():
    judge = make_judge({"q": PAIR})

    assert grade(judge, {"pair": lambda x: [list(2 * x), list(x - 1)]}).score == 10
    assert grade(judge, {"pair": lambda x: np.array([2 * x, x - 1])}).score == 10


def test_changing_an_argument_in_place_costs_the_pure_part_alone():
    def impure(x):
        x *= 2
        return x, x / 2 - 1

    result = grade(make_judge({"q": PAIR}), {"pair": impure})

    assert (result.score, result.verdict) == (Decimal(9), Verdict.PARTIAL)
    assert "in place" in result.feedback[0]
    assert (result.checks[-1].name, result.checks[-1].verdict) == ("pure", Verdict.FAILED)


def test_a_pure_part_earns_nothing_while_the_part_it_needs_earns_nothing():
    result = grade(make_judge({"q": PAIR}), {"pair": lambda x: (2 * x, x)})

    assert (result.checks[-1].name, result.checks[-1].verdict) == ("pure", Verdict.SKIPPED)


@pytest.mark.parametrize(("returns", "score"), [(2, Decimal("5.5")), (1, Decimal(0))])
def test_a_pure_part_is_told_from_half_of_its_checks_and_not_from_fewer(returns, score):
    calls = iter(range(4))

    def often_broken(x):
        if next(calls) >= returns:
            raise ValueError
        return 2 * x, x - 1

    result = grade(make_judge({"q": PAIR}), {"pair": often_broken})

    assert result.score == score
    assert (result.checks[-1].verdict is Verdict.PASSED) is (score > 0)


def test_a_pure_part_that_needs_no_other_earns_nothing_where_too_little_returned():
    """Else code that always fails would be paid for changing nothing."""
    code = Code(
        PAIR.reference, PAIR.checks, parts=(Part("twice", Decimal(9), pick=0), Part("pure", Decimal(1), what="pure"))
    )

    result = grade(make_judge({"q": code}), {"pair": lambda x: 1 / 0})

    assert (result.score, result.checks[-1].verdict) == (0, Verdict.FAILED)
    assert result.checks[-1].message == "Too few checks returned anything to tell."


def test_without_a_pure_part_a_change_in_place_is_told_and_costs_nothing():
    def impure(x):
        x *= 2
        return x

    told = grade(judge_double(), {"double": impure})
    asked_for = grade(judge_double(may_change=("double",)), {"double": impure})

    assert (told.score, told.verdict) == (Decimal(10), Verdict.PASSED)
    assert "changed in place" in told.feedback[0]
    assert asked_for.feedback == ()


def test_a_warning_costs_the_quiet_part_of_a_right_answer():
    code = Code(
        {"f": np.exp},
        lambda _: [Check("small", call("f", np.array([1.0]))), Check("huge", call("f", np.array([-1000.0])))],
        parts=(Part("value", Decimal("9.8")), Part("quiet", Decimal("0.2"), what="quiet", needs="value")),
    )

    def overflowing(x):
        return 1 / np.exp(-x)

    result = grade(make_judge({"q": code}), {"f": overflowing})
    assert result.score == Decimal("9.8")
    assert "overflow encountered in exp" in result.feedback[0]
    assert grade(make_judge({"q": code}), {"f": np.exp}).score == 10


def test_a_check_may_feed_some_parts_only():
    code = Code(
        {"f": lambda x: x},
        lambda _: [Check("a", call("f", 1.0), parts=("one",)), Check("b", call("f", 2.0), parts=("two",))],
        parts=(Part("one", Decimal(3)), Part("two", Decimal(7))),
    )

    assert grade(make_judge({"q": code}), {"f": lambda _x: 2.0}).score == 7


def test_a_part_no_check_feeds_is_the_authors_error():
    code = Code(
        {"f": abs},
        lambda _: [Check("a", call("f", 1), parts=("a",))],
        parts=(Part("a", Decimal(9)), Part("b", Decimal(1))),
    )

    with pytest.raises(JudgingError, match="no check feeds part b"):
        make_judge({"q": code}).probes()


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "verdict", "words"),
    [
        (lambda _x: None, Verdict.FAILED, "returned None. Is a `return` missing?"),
        (lambda _x: "text", Verdict.INVALID, "text; expected an array"),
        (lambda x: np.asarray(x)[:, None], Verdict.FAILED, "shape (1, 1); expected (1,)"),
        (lambda x: x * np.nan, Verdict.FAILED, "NaN in 1 of 1"),
        (lambda _x: 1 / 0, Verdict.CRASHED, "stopped at line 1 with ZeroDivisionError: division by zero."),
        (lambda x: (x - 0.5) ^ 2, Verdict.CRASHED, "In Python a power is written `**`; `^` is another operator."),
        (lambda x: float(x[0]) ^ 2, Verdict.CRASHED, "In Python a power is written `**`; `^` is another operator."),
        (lambda _x, _y: 1, Verdict.CRASHED, "It is called as `double(x, factor=2.0)`."),
        (lambda _x, *, _y: 1, Verdict.CRASHED, "It is called as `double(x, factor=2.0)`."),
    ],
)
def test_verdict_and_words_say_what_happened(function, verdict, words):
    result = grade(judge_double(), {"double": function})

    assert (result.score, result.verdict) == (Decimal(0), verdict)
    assert words in result.feedback[0]


def test_a_wrong_call_that_the_students_own_code_makes_is_not_put_down_to_how_it_is_called():
    def helper(_a, _b):
        return 1

    result = grade(judge_double(), {"double": lambda x: 1 + helper(x)})

    assert "helper() missing 1 required positional argument" in result.feedback[0]
    assert "It is called as" not in result.feedback[0]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (Status.TIMED_OUT, Verdict.TIMED_OUT),
        (Status.OUT_OF_MEMORY, Verdict.OUT_OF_MEMORY),
        (Status.CRASHED, Verdict.CRASHED),
        (Status.NOT_ALLOWED, Verdict.CRASHED),
        (Status.OUTPUT_LIMIT, Verdict.CRASHED),
        (Status.PROCESS_LIMIT, Verdict.CRASHED),
        (Status.GRADER_ERROR, Verdict.GRADER_ERROR),
    ],
)
def test_the_end_of_the_process_gives_the_verdict_and_not_what_was_not_run(status, verdict):
    outcomes = [Outcome(status, function="double")] + [Outcome(Status.NOT_RUN)] * (SHOWN + HIDDEN - 1)

    result = grade_outcomes(judge_double(), outcomes)

    assert result.verdict is verdict
    assert result.checks[-1].verdict is Verdict.SKIPPED
    assert not any("of 10 checks" in words for words in result.feedback)


def test_a_question_that_fails_for_several_reasons_is_failed():
    calls = iter(range(100))

    def unsteady(x):
        return None if next(calls) % 2 else 1 / 0

    assert grade(judge_double(), {"double": unsteady}).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("ends", "verdict", "words"),
    [
        (
            [Status.RAISED, Status.OUT_OF_MEMORY, Status.TIMED_OUT],
            Verdict.OUT_OF_MEMORY,
            "needed more than the 512 MiB of memory there are.",
        ),
        ([Status.CRASHED, Status.TIMED_OUT], Verdict.TIMED_OUT, "used up its time (10 s of computing time"),
        ([Status.RAISED, Status.TIMED_OUT], Verdict.FAILED, "stopped with"),
    ],
)
def test_of_several_reasons_the_most_telling_limit_is_the_verdict_and_is_told_first(ends, verdict, words):
    """Who hoards memory runs into the time limit as well, or crashes: memory is what has to be mended."""
    outcomes = [Outcome(end, function="double", error_type="ValueError") for end in ends]
    outcomes += [Outcome(Status.NOT_RUN)] * (SHOWN + HIDDEN - len(outcomes))

    result = grade_outcomes(judge_double(), outcomes)

    assert result.verdict is verdict
    assert words in result.feedback[0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.OUT_OF_MEMORY, "more than the 512 MiB of memory"),
        (Status.TIMED_OUT, "10 s of computing time"),
        (Status.OUTPUT_LIMIT, "printed more than 64 KiB"),
        (Status.PROCESS_LIMIT, "started too many threads"),
    ],
)
def test_a_limit_that_one_check_reached_is_told_beside_the_wrong_values_of_others(status, words):
    outcomes = [Outcome(Status.RETURNED, value=np.array([7.0]), function="double")] * (SHOWN + HIDDEN)
    outcomes[-1] = Outcome(status, function="double")

    result = grade_outcomes(judge_double(), outcomes)

    assert result.verdict is Verdict.FAILED
    assert words in result.feedback[1]


def test_a_missing_function_is_named_with_its_signature_and_what_stopped_the_upload():
    load = Load(Status.RAISED, "NameError", "name 'nump' is not defined", "made.py", 12)

    result = grade(judge_double(), {}, load=load)

    assert (result.verdict, result.score) == (Verdict.MISSING, 0)
    text = " ".join(result.feedback)
    assert "`double` is not defined. Expected is a function `double(x, factor=2.0)`." in text
    assert "made.py stopped at line 12 while it was loaded: NameError: name 'nump' is not defined." in text


def test_a_stopped_upload_is_not_mentioned_where_everything_was_there():
    load = Load(Status.RAISED, "NameError", "x", "made.py", 12)

    assert grade(judge_double(), {"double": double}, load=load).feedback == ()


def test_a_failure_in_another_questions_function_skips_and_names_it():
    code = Code(
        {"create": lambda: 1.0, "train": lambda n: n + 1},
        lambda _: [Check("t", Script((Call("create", save="n", rests_on="q0"), Call("train", (Ref("n"),)))))],
        rests_on=("q0",),
    )
    judge = make_judge({"q0": DOUBLE, "q": code})

    result = grade(judge, {"train": lambda n: n + 1})

    assert (result.verdict, result.score) == (Verdict.SKIPPED, 0)
    assert result.feedback[0] == "Not judged: it needs `create`, which did not work. Mend `Q0` first."


def judge_resting(*mistakes):
    def checks(_rng):
        return [Check("t", Script((Call("twice", (3,), save="n", rests_on="q0"), Call("next", (Ref("n"),)))))]

    base = Code({"twice": lambda n: 2 * n}, lambda _: [Check("a", call("twice", 3))])
    resting = Code({"twice": lambda n: 2 * n, "next": lambda n: n + 1}, checks, mistakes, rests_on=("q0",))
    return make_judge({"q0": base, "q": resting})


def grade_both(judge, functions):
    return [grade(judge, functions, question=name) for name in ("q0", "q")]


def test_a_wrong_result_that_rests_on_a_wrong_question_is_skipped_and_names_it():
    """The function may well be right: what it was given was not."""
    _, resting = grade_both(judge_resting(), {"twice": lambda n: 3 * n, "next": lambda n: n + 1})

    assert (resting.verdict, resting.score) == (Verdict.SKIPPED, 0)
    assert "rests on `Q0`, which is not right yet" in resting.feedback[0]


def test_a_known_mistake_is_named_whatever_it_rests_on():
    slip = Mistake("two", "Words.", {"twice": lambda n: 3 * n, "next": lambda n: n + 2})

    _, resting = grade_both(judge_resting(slip), {"twice": lambda n: 3 * n, "next": lambda n: n + 2})

    assert (resting.verdict, resting.mistake) == (Verdict.FAILED, "two")


def test_a_wrong_result_is_failed_where_what_it_rests_on_is_right():
    _, resting = grade_both(judge_resting(), {"twice": lambda n: 2 * n, "next": lambda n: n + 2})

    assert resting.verdict is Verdict.FAILED


def test_a_right_result_is_passed_although_what_it_rests_on_is_wrong():
    _, resting = grade_both(judge_resting(), {"twice": lambda n: 3 * n, "next": lambda _n: 7})

    assert (resting.verdict, resting.feedback) == (Verdict.PASSED, ())


def inherited():
    """Return a judge of `size` and of `area`, which a student may well write by calling the own `size`."""

    def size(n):
        return abs(n)

    slip = Mistake("sign-kept", "Words.", {"size": lambda n: n})
    base = Code({"size": size}, lambda _: [Check(str(n), call("size", n)) for n in (-3, 3)], (slip,))
    area = Code(
        {"area": lambda n: 1 + size(n)},
        lambda _: [Check(str(n), call("area", n)) for n in (-2, -5, 4)],
        resting={"q0": lambda wrong: [{"area": lambda n: 1 + wrong["size"](n)}]},
    )
    return make_judge({"q0": base, "q": area})


def test_a_mistake_made_in_another_question_is_charged_once():
    base, area = grade_both(inherited(), {"size": lambda n: n, "area": lambda n: 1 + n})

    assert (base.mistake, base.score) == ("sign-kept", 0)
    assert (area.score, area.verdict) == (Decimal(10), Verdict.PASSED)
    assert "This rests on “Q0”, which has a mistake" in area.feedback[0]


def test_a_mistake_not_made_in_the_other_question_is_not_inherited():
    _, area = grade_both(inherited(), {"size": abs, "area": lambda n: 1 + n})

    assert (area.score, area.verdict) == (0, Verdict.FAILED)


def test_nothing_uploaded_makes_every_code_question_missing():
    results = make_judge({"a": DOUBLE, "n": Number(1.0), "b": DOUBLE}).no_code()

    assert [(result.id, result.verdict) for result in results] == [("a", Verdict.MISSING), ("b", Verdict.MISSING)]


def test_a_reference_that_fails_is_an_error_and_never_a_zero():
    judge = make_judge({"q": Code({"f": lambda x: 1 / 0}, lambda _: [Check("a", call("f", 1.0))])})

    with pytest.raises(JudgingError, match="ZeroDivisionError"):
        grade(judge, {"f": lambda _x: 1.0})


# --- hidden and shown -------------------------------------------------------------------------------------------------


def test_a_shown_check_shows_input_got_and_expected_and_a_hidden_one_none():
    result = grade(judge_double(), {"double": lambda x: x + 0.5})

    shown, hidden = result.checks[1], result.checks[-1]
    assert (shown.input, shown.got, shown.expected) == ("double([0.0, 1.0])", "[0.5, 1.5]", "[0.0, 2.0]")
    assert (hidden.input, hidden.got, hidden.expected) == (None, None, None)


def test_nothing_about_a_hidden_case_holds_its_numbers():
    secret = 1234.5678
    code = Code({"f": lambda x: 2 * x}, lambda _: [Check("h", call("f", np.array([secret, secret])))])
    judge = make_judge({"q": code})

    def tell(x):
        raise ValueError(repr(x))

    for function in (tell, lambda x: x * 3, lambda x: x[:1], lambda x: x * np.nan):
        result = grade(judge, {"f": function})
        said = repr((result.feedback, result.checks))
        assert "1234" not in said
        assert "2469" not in said


def test_a_shown_check_repeats_the_exceptions_text_and_cleans_it():
    def fail(_x):
        raise ValueError("bad\x1b[31m news")

    result = grade(judge_double(), {"double": fail})

    assert result.checks[0].got == "ValueError: bad�[31m news"
    assert "bad�[31m news" in result.checks[0].message
    assert "news" not in result.checks[-1].message


def test_a_hidden_check_repeats_only_exceptions_that_python_and_numpy_have_themselves():
    """The name of an exception of one's own could carry a hidden number."""
    judge = judge_double()
    odd = Outcome(Status.RAISED, function="double", error_type="Input_0_4967", message="0.4967")
    known = Outcome(Status.RAISED, function="double", error_type="LinAlgError", message="0.4967")
    right = [play(script, {"double": double}) for script in judge.probes()[0].scripts]

    result = grade_outcomes(judge, [odd, *right[1:-2], odd, known])

    shown, hidden, last = result.checks[0].message, result.checks[-2].message, result.checks[-1].message
    assert "with Input_0_4967: 0.4967" in shown
    assert hidden == "`double` stopped with an exception of its own."
    assert last == "`double` stopped with LinAlgError."


def test_a_failure_on_hidden_cases_only_says_so():
    result = grade(judge_double(), {"double": right_on(SHOWN)})

    assert "8 of 10 checks are not right. Those that are shown are right" in " ".join(result.feedback)


def test_what_all_wrong_results_have_in_common_is_said():
    assert "The sign is the wrong way round." in grade(judge_double(), {"double": lambda x: -2 * x}).feedback


def test_a_relation_of_a_single_number_is_not_told():
    """It would tell the answer of a hidden check, and may be chance."""
    judge = make_judge({"q": Code({"f": abs}, lambda _: [Check(str(n), call("f", -n)) for n in (3, 4, 5, 6)])})

    one = grade(judge, {"f": lambda n: 12 if n == -6 else -n})
    four = grade(judge, {"f": lambda n: -2 * n})

    assert not any("2 times" in words for words in one.feedback)
    assert "It is 2 times what was expected." in four.feedback


def test_printing_instead_of_returning_is_recognised():
    result = grade(judge_double(), {"double": lambda _x: None}, stdout="[2.0]\n")

    assert "Printing a value does not return it." in result.feedback


def test_numpys_own_warnings_are_passed_on_and_a_students_are_not():
    outcomes = [
        Outcome(
            Status.RETURNED,
            np.array([np.inf] * (n + 1)),
            "double",
            warnings=("RuntimeWarning: overflow encountered in exp", "RuntimeWarning: x is 1234.5"),
        )
        for n in range(SHOWN)
    ] + [Outcome(Status.RETURNED, np.zeros(1), "double")] * HIDDEN

    text = " ".join(grade_outcomes(judge_double(), outcomes).feedback)

    assert "overflow encountered in exp" in text
    assert "1234" not in text


def test_the_authors_hint_is_added_where_no_mistake_is_known():
    judge = judge_double(hint=lambda got, want: f"{len(got)} and {len(want)}")
    broken = judge_double(hint=lambda got, want: got["no"])

    assert "1 and 1" in grade(judge, {"double": lambda x: x + 0.1}).feedback
    assert grade(broken, {"double": lambda x: x + 0.1}).score == 0


def test_the_authors_remark_is_said_of_what_is_wrong_and_left_out_where_it_fails():
    judge = judge_double(remark=lambda compared: f"{len(compared['value'])} compared")
    broken = judge_double(remark=lambda compared: compared["no"])

    assert grade(judge, {"double": lambda x: x + 0.1}).feedback[-1] == f"{SHOWN + HIDDEN} compared"
    assert grade(judge, {"double": lambda x: 2 * x}).feedback == ()
    assert grade(broken, {"double": lambda x: x + 0.1}).score == 0


def test_an_own_tolerance_of_a_check_goes_before_the_questions():
    checks = [Check("loose", call("f", 1.0), tolerance=Tolerance(rtol=0.1)), Check("strict", call("f", 1.0))]
    judge = make_judge({"q": Code({"f": float}, lambda _: checks)})

    assert [check.verdict for check in grade(judge, {"f": lambda _x: 1.05}).checks] == [Verdict.PASSED, Verdict.FAILED]


# --- property checks --------------------------------------------------------------------------------------------------


def holds_positive(value):
    return None if value[0] > 0 else Fault("not positive", "negative") if value[0] < 0 else "zero"


POSITIVE = Code(
    {"f": lambda: [1.0]},
    lambda _: [Check(name, call("f"), name == "shown", holds_positive) for name in ("shown", "hidden")],
    (Mistake("negative", "The sign is wrong."),),
)


@pytest.mark.parametrize(
    ("value", "verdict", "words"),
    [
        ([3.0], Verdict.PASSED, None),
        ([0.0], Verdict.FAILED, "Zero."),
        ([-1.0], Verdict.FAILED, "The sign is wrong."),
        (None, Verdict.FAILED, "`f` returned None. Is a `return` missing?"),
        ("x", Verdict.INVALID, "`f` returned what came back has not the form that is asked for."),
        ({}, Verdict.INVALID, None),
    ],
)
def test_a_property_judges_what_came_back_and_never_fails_the_grader(value, verdict, words):
    result = grade(make_judge({"q": POSITIVE}), {"f": lambda: value})

    assert result.verdict is verdict
    assert result.checks[0].expected is None
    if words is not None:
        assert words == result.feedback[0]


# --- curves -----------------------------------------------------------------------------------------------------------


def test_curves_are_drawn_from_both_sides_and_keep_what_is_no_number():
    script = Script(
        (Repeat(3, (Call("f", (1.0,), save="_"),), 1, (Call("f", (2.0,), save="ys", collect=True),)),), ("ys",)
    )

    def curves(student, reference):
        return [Curve("Loss", "step", "loss", tuple(student[0].value), tuple(reference[0].value))]

    judge = make_judge({"q": Code({"f": lambda x: x}, lambda _: [Check("run", script)], curves=curves)})

    (curve,) = grade(judge, {"f": lambda x: x}).curves
    assert curve.student == curve.reference == (2.0, 2.0, 2.0)
    (exploded,) = grade(judge, {"f": lambda _x: math.nan}).curves
    assert len(exploded.student) == 3
    assert all(map(math.isnan, exploded.student))
    assert grade(judge, {"f": lambda _x: "odd"}).curves == ()


def test_curves_have_the_reference_play_only_what_they_look_at():
    """A training takes its time: one that nobody draws is not run for its curve."""
    played = []

    def curves(student, reference):
        return [Curve("Loss", "step", "loss", tuple(student[1].value), tuple(reference[1].value))]

    def right(x):
        played.append(x)
        return [x]

    checks = [Check(f"run {x}", call("f", x), holds=lambda _: None) for x in (1.0, 2.0, 3.0)]
    judge = make_judge({"q": Code({"f": right}, lambda _: checks, curves=curves)})

    (curve,) = grade(judge, {"f": lambda x: [x]}).curves

    assert curve.reference == (2.0,)
    assert played == [2.0]


# --- the reference ahead of the answers -------------------------------------------------------------------------------


def test_what_is_compared_is_played_ahead_and_not_again():
    played = []

    def right(x):
        played.append(x)
        return x

    checks = [
        Check("compared", call("f", 1.0)),
        Check("judged by a property", call("f", 2.0), holds=lambda _: None),
    ]
    judge = make_judge({"q": Code({"f": right}, lambda _: checks)})
    judge.probes()
    judge.play_reference()
    assert played == [1.0]
    assert grade(judge, {"f": lambda x: x}).verdict is Verdict.PASSED
    assert played == [1.0]


def test_a_reference_that_fails_ahead_is_told_of_where_its_result_is_needed():
    def fails(x):
        raise ValueError(x)

    judge = make_judge({"q": Code({"f": fails}, lambda _: [Check("only", call("f", 1.0))])})
    judge.probes()
    judge.play_reference()
    with pytest.raises(JudgingError, match="the reference ended as raised"):
        grade(judge, {"f": lambda x: x})


# --- seeds ------------------------------------------------------------------------------------------------------------


def inputs(judge):
    return [script.steps[0].args[0].tolist() for probes in judge.probes() for script in probes.scripts]


def test_the_same_seed_draws_the_same_checks_and_another_seed_others():
    first, again, other = (make_judge({"q": DOUBLE}, seed=seed) for seed in (b"one", b"one", b"two"))

    assert inputs(first) == inputs(again) != inputs(other)
    assert first.seed_id == again.seed_id != other.seed_id
    assert len(first.seed_id) == 12


def test_two_questions_draw_from_streams_of_their_own():
    judge = make_judge({"a": DOUBLE, "b": DOUBLE})
    half = SHOWN + HIDDEN

    assert inputs(judge)[half - 1] != inputs(judge)[-1]


def test_a_regrade_gives_the_same_result():
    first, again = (grade(make_judge({"q": DOUBLE}), {"double": right_on(6)}) for _ in range(2))

    assert first == again


# --- fields -----------------------------------------------------------------------------------------------------------

FIELDS = {
    "z": Number(0.5, 4),
    "h": Number(0.75, 4, follow=lambda _v, earlier: earlier["z"] + 0.25),
    "c": Choice("yes", {"no": "Because."}, {"no": "wrong-way"}),
    "w": Written((("clear", Decimal(6)), ("complete", Decimal(4)))),
}


def results(answers):
    return {result.id: result for result in make_judge(FIELDS).judge_fields(answers)}


def test_every_field_gets_a_result_and_a_written_one_waits():
    found = results({"z": "0.5", "h": "0,75", "c": "yes", "w": "An essay."})

    assert [result.verdict for result in found.values()] == [Verdict.PASSED] * 3 + [Verdict.PENDING]
    assert [result.score for result in found.values()] == [10, 10, 10, 0]


def test_fields_left_blank_are_missing():
    assert {result.verdict for result in results({}).values()} == {Verdict.MISSING}


def test_a_later_value_follows_from_the_typed_earlier_one():
    found = results({"z": "0.1", "h": "0.35"})

    assert (found["h"].score, found["h"].verdict) == (Decimal(5), Verdict.PARTIAL)


@pytest.mark.parametrize("earlier", ["", "z = 3"])
def test_a_blank_or_unreadable_earlier_value_counts_as_the_right_one(earlier):
    """Otherwise a wrong later value could be saved by leaving the earlier one out."""
    found = results({"z": earlier, "h": "0.35"})

    assert found["h"].score == 0
    assert results({"z": earlier, "h": "0.75"})["h"].score == 10


def test_a_mistake_in_a_choice_is_named():
    assert (results({"c": "no"})["c"].mistake, results({"c": "no"})["c"].feedback) == ("wrong-way", ("Because.",))


def test_the_share_of_a_named_mistake_is_exact():
    judge = make_judge(
        {
            "q": Code(
                {"f": abs},
                lambda _: [Check("a", call("f", -1))],
                (Mistake("kept", "Known.", {"f": lambda x: x}, keeps=Fraction(3, 5)),),
            )
        }
    )

    result = grade(judge, {"f": lambda x: x})
    assert (result.score, result.verdict, result.mistake) == (Decimal(6), Verdict.PARTIAL, "kept")


# --- hostile outcomes -------------------------------------------------------------------------------------------------

ODD_TEXT = st.text(max_size=20) | st.just("\x1b[2J\ud800" * 500) | st.none()
ODD_OUTCOMES = st.builds(
    Outcome,
    status=st.sampled_from([status for status in Status if status is not Status.GRADER_ERROR]),
    value=plain,
    function=ODD_TEXT,
    rests_on=st.none() | st.just("q0"),
    error_type=ODD_TEXT,
    message=ODD_TEXT.map(str),
    line=st.none() | st.integers(),
    file=ODD_TEXT,
    mutated=st.lists(ODD_TEXT.map(str), max_size=2).map(tuple),
    warnings=st.lists(ODD_TEXT.map(str), max_size=2).map(tuple),
)
ODD_JUDGE = make_judge({
    "double": DOUBLE,
    "pair": PAIR,
    "positive": POSITIVE,
    "named": Code({"double": double}, double_checks, (Mistake("half", "Half.", {"double": lambda x: x}),)),
})  # fmt: skip


@given(st.data(), st.sampled_from(["double", "pair", "positive", "named"]))
def test_no_outcome_makes_the_judge_raise_or_pay_for_what_is_not_right(data, question):
    count = next(len(probes.scripts) for probes in ODD_JUDGE.probes() if probes.question_id == question)
    outcomes = data.draw(st.lists(ODD_OUTCOMES, min_size=count, max_size=count))

    result = grade_outcomes(ODD_JUDGE, outcomes, question=question)

    right = [check for check in result.checks if check.verdict is Verdict.PASSED]
    assert 0 <= result.score < result.max_score or len(right) == len(result.checks)
    assert all(len(check.message) < 3000 for check in result.checks)
    assert all(text.isprintable() for text in result.feedback)
