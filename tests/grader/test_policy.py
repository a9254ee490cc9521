"""The rules of a course, without a database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from grader.policy import access, attempts, lateness, scoring
from grader.policy.access import Viewer
from grader.policy.lateness import Dates, State
from grader.policy.scoring import Attempt

DUE = dt.datetime(2026, 11, 21, 23, 59, tzinfo=dt.UTC)
TENTH = Decimal("0.1")


def after(**parts: float) -> dt.datetime:
    return DUE + dt.timedelta(**parts)


class TestAttempts:
    def test_no_limit_leaves_no_number(self):
        assert attempts.left(None, 7) is None
        assert attempts.has_one_left(None, 7)

    @pytest.mark.parametrize(("used", "left"), [(0, 3), (2, 1), (3, 0), (5, 0)])
    def test_a_limit_counts_down_to_zero_and_not_below(self, used, left):
        assert attempts.left(3, used) == left
        assert attempts.has_one_left(3, used) == (left > 0)


class TestLateness:
    @pytest.mark.parametrize(
        ("moment", "late_s"),
        [(after(seconds=-1), 0), (DUE, 0), (after(seconds=0.9), 0), (after(seconds=1), 1), (after(days=1), 86_400)],
    )
    def test_lateness_is_counted_in_whole_seconds_after_the_due_date(self, moment, late_s):
        assert lateness.late_s(Dates(due_at=DUE), moment) == late_s

    def test_the_last_second_of_the_grace_is_on_time_and_the_next_one_is_late_from_the_due_date(self):
        dates = Dates(due_at=DUE, grace_s=300)
        assert lateness.late_s(dates, after(seconds=300)) == 0
        assert lateness.late_s(dates, after(seconds=301)) == 301

    def test_without_a_due_date_nothing_is_late(self):
        assert lateness.late_s(Dates(), after(days=400)) == 0

    def test_an_upload_from_another_time_zone_is_judged_by_the_moment_it_names(self):
        taipei = DUE.astimezone(dt.timezone(dt.timedelta(hours=8)))
        assert lateness.late_s(Dates(due_at=DUE), taipei) == 0

    @pytest.mark.parametrize(
        ("moment", "state"),
        [
            (after(days=-3), State.UPCOMING),
            (after(days=-1), State.OPEN),
            (DUE, State.OPEN),
            (after(hours=1), State.LATE),
            (after(days=2), State.LATE),
            (after(days=2, seconds=1), State.CLOSED),
        ],
    )
    def test_the_state_follows_the_dates(self, moment, state):
        dates = Dates(opens_at=after(days=-2), due_at=DUE, closes_at=after(days=2))
        assert lateness.state(dates, moment) is state

    @pytest.mark.parametrize(
        ("late_s", "fraction"),
        [(0, "0"), (1, "0.1"), (86_400, "0.1"), (86_401, "0.2"), (9 * 86_400, "0.9"), (40 * 86_400, "1")],
    )
    def test_each_started_day_costs_its_fraction_and_never_more_than_everything(self, late_s, fraction):
        assert lateness.penalty_fraction(late_s, TENTH) == Decimal(fraction)


class TestScoring:
    def test_grades_round_half_a_cent_up_once(self):
        assert scoring.rounded(Decimal("12.345")) == Decimal("12.35")
        assert scoring.rounded(Decimal("0.125")) == Decimal("0.13")
        assert scoring.rounded(Decimal("0.124999")) == Decimal("0.12")

    def test_the_best_attempt_is_the_best_after_lateness(self):
        early = Attempt("a", 1, Decimal(18), Decimal(20), 0)
        late = Attempt("b", 2, Decimal(19), Decimal(20), 1)
        best = scoring.counting([early, late], "best", TENTH)
        assert best is not None
        assert best.attempt is early

    def test_of_equal_attempts_the_earliest_counts(self):
        attempts_ = [Attempt(name, at, Decimal(5), Decimal(20), 0) for at, name in enumerate("abc", start=1)]
        best = scoring.counting(list(reversed(attempts_)), "best", Decimal(0))
        assert best is not None
        assert best.attempt.submission_id == "a"

    def test_the_last_attempt_counts_however_bad(self):
        attempts_ = [Attempt("a", 1, Decimal(20), Decimal(20), 0), Attempt("b", 2, Decimal(0), Decimal(20), 0)]
        last = scoring.counting(attempts_, "last", Decimal(0))
        assert last is not None
        assert last.attempt.submission_id == "b"

    def test_nothing_graded_counts_as_nothing(self):
        assert scoring.counting([], "best", TENTH) is None

    def test_a_late_attempt_loses_the_fraction_of_its_score(self):
        standing = scoring.standing(Attempt("a", 1, Decimal("13.5"), Decimal(20), 90_000), TENTH)
        assert (standing.penalty, standing.grade) == (Decimal("2.70"), Decimal("10.80"))


ROLES = [
    Viewer(1, is_admin=False, role="student"),
    Viewer(1, is_admin=False, role="assistant"),
    Viewer(1, is_admin=False, role="instructor"),
    Viewer(1, is_admin=True, role=None),
    Viewer(1, is_admin=False, role=None),
]


class TestAccess:
    @pytest.mark.parametrize(
        ("allowed", "expected"),
        [
            (access.may_see_course, [True, True, True, True, False]),
            (access.may_submit, [True, True, True, True, False]),
            (access.may_see_failure, [False, True, True, True, False]),
            (access.may_see_gradebook, [False, True, True, True, False]),
            (access.may_change_roster, [False, False, True, True, False]),
            (access.may_change_settings, [False, False, True, True, False]),
            (lambda viewer: access.may_see_submission(viewer, 2), [False, True, True, True, False]),
            (lambda viewer: access.may_see_submission(viewer, 1), [True] * 5),
            (lambda viewer: access.may_see_assignment(viewer, None, DUE), [False, True, True, True, False]),
            (lambda viewer: access.may_see_assignment(viewer, DUE, DUE), [True, True, True, True, False]),
            (
                lambda viewer: access.may_see_assignment(viewer, after(seconds=1), DUE),
                [False, True, True, True, False],
            ),
        ],
    )
    def test_each_role_may_what_it_may(self, allowed, expected):
        assert [allowed(viewer) for viewer in ROLES] == expected
