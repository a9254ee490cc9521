"""W04, W05, W16, W22, W23, W30, W31 for every address there is, read from the application's own map.

A route that is added is tried with the others, by people of every role; where who may see it is not written down here,
`test_every_address_is_listed` fails. Everything runs on SQLite and on PostgreSQL, which do not refuse the same things.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from grader.models import ApiToken, Course, CourseAssignment, Role, Submission, User
from grader.services import tokens
from tests import factories

pytestmark = pytest.mark.usefixtures("any_database_url")

PEOPLE = (
    "owner",
    "classmate",
    "assistant",
    "instructor",
    "admin",
    "teacher elsewhere",
    "student elsewhere",
    "stranger",
)
ANYBODY = {*PEOPLE, "nobody"}
SIGNED_IN = set(PEOPLE)
COURSE = {"owner", "classmate", "assistant", "instructor", "admin"}
STAFF = {"assistant", "instructor", "admin"}
OWNER = {"owner", *STAFF}

# endpoint and method → who gets what it is for; everybody else is told that it is not there.
WHO = {
    "auth.login GET": ANYBODY,
    "auth.log_in POST": ANYBODY,
    "auth.logout POST": ANYBODY,
    "courses.index GET": SIGNED_IN,
    "courses.course GET": COURSE,
    "assignment.show GET": COURSE,
    "assignment.submit POST": COURSE,
    "assignment.starter GET": COURSE,
    "submission.show GET": OWNER,
    "submission.progress GET": OWNER,
    "submission.file GET": OWNER,
    "me.show GET": COURSE,
    "me.create_token POST": COURSE,
    "me.revoke_token POST": {"owner"},
    "gradebook.show GET": STAFF,
    "gradebook.export GET": STAFF,
    "api.list_courses GET": SIGNED_IN,
    "api.list_assignments GET": COURSE,
    "api.show_assignment GET": COURSE,
    "api.starter GET": COURSE,
    "api.submit POST": COURSE,
    "api.list_submissions GET": COURSE,
    "api.show GET": OWNER,
    "api.events GET": OWNER,
    "api.file GET": OWNER,
    "api.show_gradebook GET": STAFF,
    "api.export_gradebook GET": STAFF,
    "api.openapi_document GET": ANYBODY,
    "api.docs_page GET": ANYBODY,
    "api_docs.openapi_document GET": ANYBODY,
    "api_docs.docs_page GET": ANYBODY,
    "health.healthz GET": ANYBODY,
    "health.readyz GET": ANYBODY,
    "health.metrics GET": ANYBODY,
    "static GET": ANYBODY,
}
BY_A_PROGRAM = ("api.", "api_docs.", "health.")
MAY_BE_KEPT = ("static",)


@dataclass
class Town:
    """A course with a submission in it, another course, and people of every role in one or the other."""

    people: dict[str, User]
    submission: Submission
    token: ApiToken  # the owner's, to revoke
    texts: dict[str, str]  # name → an API token

    def values(self) -> dict[str, Any]:
        """Return what stands in an address's places."""
        return {
            "course_slug": "dl101",
            "course": "dl101",
            "slug": "perceptron",
            "submission_id": self.submission.id,
            "name": "perceptron.py",
            "token_id": self.token.id,
            "filename": "app.css",
        }


@pytest.fixture
def town(session: Session) -> Town:
    here, elsewhere = factories.make_course(session, "dl101"), factories.make_course(session, "dl202")
    people = {name: factories.make_user(session, is_admin=name == "admin") for name in PEOPLE}
    for course, names, role in (
        (here, ("owner", "classmate"), Role.STUDENT),
        (here, ("assistant",), Role.ASSISTANT),
        (here, ("instructor",), Role.INSTRUCTOR),
        (elsewhere, ("teacher elsewhere",), Role.INSTRUCTOR),
        (elsewhere, ("student elsewhere",), Role.STUDENT),
    ):
        for name in names:
            factories.enrol(session, course, people[name], role)
    for course in (here, elsewhere):
        factories.make_assignment(session, course)
    submission = factories.make_submission(session, assignment_of(session, "dl101"), people["owner"])
    factories.finish_run(session, submission)
    texts = {name: factories.make_token(session, person) for name, person in people.items()}
    token = tokens.create(session, people["owner"], "lost laptop", now=factories.NOW)[0]
    session.commit()
    return Town(people, submission, token, texts)


def assignment_of(session: Session, course_slug: str) -> CourseAssignment:
    return session.scalars(
        select(CourseAssignment).join(CourseAssignment.course).where(Course.slug == course_slug)
    ).one()


@dataclass
class Visitor:
    """A browser where somebody is signed in, and the same person's API token."""

    client: FlaskClient
    name: str
    token: str | None

    def page(self, path: str, method: str = "GET", **form: Any) -> TestResponse:
        if method == "GET":
            return self.client.get(path)
        seen = self.client.get("/login" if self.name == "nobody" else "/").get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', seen)
        assert found is not None
        return self.client.open(path, method=method, data={"csrf_token": unescape(found[1]), **form})

    def program(self, path: str, method: str = "GET", **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.application.test_client().open(path, method=method, headers=headers, **options)


@pytest.fixture
def visit(app: Flask, town: Town) -> Callable[[str], Visitor]:
    def enter(name: str) -> Visitor:
        client = app.test_client()
        if name == "nobody":
            return Visitor(client, name, None)
        person = town.people[name]
        with client.session_transaction() as session:  # as `login_user` leaves it
            session["_user_id"] = f"{person.id}.{person.session_version}"
            session["_fresh"] = True
        return Visitor(client, name, town.texts[name])

    return enter


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield every address with each of its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def filled(app: Flask, rule: Rule, values: dict[str, Any]) -> str:
    """Return a rule as an address."""
    adapter = app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, append_unknown=False)


def test_every_address_is_listed(app: Flask) -> None:
    found = {f"{rule.endpoint} {method}" for rule, method in routes(app)}
    assert found == set(WHO), "write down in WHO who gets what a new address is for"


def is_reached(answer: TestResponse) -> bool:
    """Whether an answer is what the address is for, and neither a refusal nor the way to the login page."""
    assert answer.status_code < 500, answer.get_data(as_text=True)[:500]
    leads_to_login = answer.status_code == 302 and answer.location.startswith("/login")
    return not leads_to_login and answer.status_code not in {401, 403, 404}


@pytest.mark.parametrize("name", [*PEOPLE, "nobody"])
def test_each_address_is_there_for_those_it_is_for_and_for_nobody_else(
    name: str, app: Flask, town: Town, visit: Callable[[str], Visitor]
) -> None:
    """W04, W05: also across courses, for the staff of another one."""
    visitor = visit(name)
    last = "auth.logout POST"
    for rule, method in sorted(routes(app), key=lambda each: f"{each[0].endpoint} {each[1]}" == last):
        key = f"{rule.endpoint} {method}"
        path = filled(app, rule, town.values())
        what = f"{name} {method} {path}"
        if rule.endpoint.startswith(BY_A_PROGRAM):
            accept = {"data": {"file": (io.BytesIO(b"x = 1\n"), "perceptron.py")}} if method == "POST" else {}
            answer = visitor.program(path, method, **accept)
            by_cookie = visitor.client.open(path, method=method)
            if method == "GET":
                assert is_reached(by_cookie) == is_reached(answer), f"{what} by cookie"
            else:
                assert by_cookie.status_code in {400, 401}, f"{what} by cookie, without its CSRF token"
        else:
            form = {"name": "laptop", "paste": "x = 1\n", "email": "nobody@example.edu", "password": "x"}
            answer = visitor.page(path, method, **(form if method == "POST" else {}))
            if key == "auth.log_in POST":
                continue  # refused to everybody alike: the password is wrong
        assert is_reached(answer) == (name in WHO[key]), f"{what}: {answer.status_code}"
        if not is_reached(answer) and name not in COURSE | {"nobody"}:
            assert answer.status_code == 404, f"{what}: existence is told by {answer.status_code}"


def test_nothing_is_changed_without_the_forms_own_token(
    app: Flask, town: Town, visit: Callable[[str], Visitor], session: Session
) -> None:
    """W03: by a page of another site, which has the cookie and not the token."""

    def state() -> tuple[Any, ...]:
        session.rollback()
        found = session.scalars(select(ApiToken).order_by(ApiToken.id)).all()
        versions = tuple(session.scalars(select(User.session_version).order_by(User.id)))
        return factories.count(session, Submission), [token.revoked_at for token in found], versions

    before = state()
    client = visit("owner").client
    changing = [(rule, method) for rule, method in routes(app) if method != "GET"]
    assert changing
    for rule, method in changing:
        path = filled(app, rule, town.values())
        forms: list[dict[str, Any]] = [
            {"data": {"paste": "x = 1\n", "name": "x", "email": "a@b", "password": "x"}},
            {"data": {"csrf_token": "IjAi.x.y", "paste": "x = 1\n", "name": "x"}},
            {"json": {"files": {"perceptron.py": "x = 1\n"}}},
            {"data": b'{"files": {"perceptron.py": "x"}}', "content_type": "text/plain"},
        ]
        for form in forms:
            answer = client.open(path, method=method, **form)
            assert answer.status_code == 400, f"{path}: {answer.status_code}"
            assert "form" in answer.get_data(as_text=True) or rule.endpoint.startswith("api.")
    assert state() == before


def test_no_address_takes_a_method_it_does_not_name(app: Flask, town: Town, visit: Callable[[str], Visitor]) -> None:
    """W30: nothing is changed by a GET, and nothing is there to be put or deleted."""
    visitor = visit("instructor")
    by_path: dict[str, set[str]] = {}
    for rule, method in routes(app):
        by_path.setdefault(filled(app, rule, town.values()), set()).add(method)
    for path, methods in by_path.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - methods:
            send = visitor.program if path.startswith("/api/") else visitor.client.open
            answer = send(path, method=method)
            # A page asks for the form's token before it looks at the method.
            assert answer.status_code in {405, 400}, f"{method} {path}: {answer.status_code}"
            if method == "GET":
                assert answer.status_code == 405, path


@pytest.mark.parametrize("name", ["owner", "instructor", "stranger", "nobody"])
def test_every_answer_is_kept_by_nobody_and_runs_nothing(
    name: str, app: Flask, town: Town, visit: Callable[[str], Visitor]
) -> None:
    """W22, W23, W29: refusals, downloads and programs' answers included."""
    visitor = visit(name)
    for rule, method in routes(app):
        path = filled(app, rule, town.values())
        by_program = rule.endpoint.startswith(BY_A_PROGRAM)
        send = visitor.program if by_program else visitor.client.open
        for answer in (send(path, method=method), send(f"{path}/nowhere", method=method)):
            policy = answer.headers["Content-Security-Policy"]
            assert {"default-src 'none'", "frame-ancestors 'none'"} <= {part.strip() for part in policy.split(";")}, (
                path
            )
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["X-Frame-Options"] == "DENY", path
            kept = answer.headers["Cache-Control"]
            is_static = rule.endpoint in MAY_BE_KEPT and answer.status_code == 200
            assert ("no-store" in kept) != is_static, f"{path}: {kept}"
            assert "Access-Control-Allow-Origin" not in answer.headers
            for cookie in answer.headers.getlist("Set-Cookie"):
                assert "HttpOnly" in cookie, path
                assert "SameSite=Lax" in cookie, path


ODD = ("%00", "a%00b", "%1b%5d0;x%07", "%0d%0aX-Evil:1", "%ed%a0%80", "%f0%9f%98%80", "9" * 40)
PARAMETERS = (
    *("student", "assignment", "cursor", "limit", "search", "section", "sort"),
    *("order", "page", "per_page", "wait", "format", "next"),
)


def test_no_address_fails_on_what_no_row_is_called(app: Flask, town: Town, visit: Callable[[str], Visitor]) -> None:
    """PostgreSQL takes no NUL in a text, and neither database a number of forty digits."""
    visitor = visit("instructor")
    values = {name: str(value) for name, value in town.values().items()}
    for (rule, method), odd in itertools.product(routes(app), ODD):
        if rule.endpoint.startswith("health.") or rule.endpoint == "auth.logout":
            continue
        send = visitor.program if rule.endpoint.startswith(BY_A_PROGRAM) else visitor.page
        for place in rule.arguments:
            path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda at: (values | {place: odd})[at[1]], rule.rule)  # noqa: B023 (used at once)
            answer = send(path, method)
            assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
            assert "X-Evil" not in answer.headers
        if method == "GET" and odd == ODD[0] and rule.endpoint != "api.events":
            for parameter in PARAMETERS:
                path = f"{filled(app, rule, town.values())}?{parameter}={odd}"
                assert send(path, method).status_code < 500, path


def test_login_survives_text_that_no_database_takes(visit: Callable[[str], Visitor]) -> None:
    for odd in ("a\0b@example.edu", "\0", "\ud800@example.edu".encode("utf-8", "surrogatepass"), "😀@example.edu"):
        for form in ({"email": odd, "password": "x"}, {"email": "ada@example.edu", "password": odd}):
            assert visit("nobody").page("/login", "POST", **form).status_code in {400, 401}
