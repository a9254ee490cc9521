"""The description of the API against the API."""

from __future__ import annotations

import re

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import load_all_checks

load_all_checks()

UNDESCRIBED = {"static"}


def test_every_route_of_the_api_is_described_and_nothing_else(app, client):
    document = client.get("/api/v1/openapi.json").json
    described = {(path, method.upper()) for path, operations in document["paths"].items() for method in operations}
    live = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.partition(".")[0] in {"api", "health", "api_docs"}
    }
    assert described == live


def test_the_document_is_openapi_3_1_and_every_reference_leads_somewhere(client):
    response = client.get("/openapi.json")
    assert response.json == client.get("/api/v1/openapi.json").json
    document = response.json
    assert document["openapi"] == "3.1.0"
    for name in re.findall(r'"#/components/schemas/(\w+)"', response.get_data(as_text=True)):
        assert name in document["components"]["schemas"]
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) >= 14


def test_the_page_is_our_own_and_explains_every_kind_of_refusal(client):
    page = client.get("/docs").get_data(as_text=True)
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    for kind in ("attempt-limit-reached", "files-rejected", "rate-limited", "closed"):
        assert f'id="{kind}"' in page


CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.CHECKS.get_by_names(["status_code_conformance"])[0],
    schemathesis.checks.CHECKS.get_by_names(["content_type_conformance"])[0],
    schemathesis.checks.CHECKS.get_by_names(["response_schema_conformance"])[0],
]


@pytest.mark.slow
def test_the_api_answers_as_described_whatever_it_is_sent(app, class_, call, session):
    """Schemathesis makes requests from the document, good and bad, and holds the answers against it."""
    call(class_.instructor, "GET", "/courses")  # makes the token below
    from tests import factories

    submission = factories.make_submission(session, class_.perceptron, class_.student)
    factories.finish_run(session, submission)
    token = factories.make_token(session, class_.instructor)
    session.commit()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    known = {"course": "dl101", "slug": "perceptron", "submission_id": submission.id, "name": "perceptron.py"}

    for result in schema.get_all_operations():
        operation = result.ok()

        @hypothesis.settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy(), is_known=hypothesis.strategies.booleans())
        def check(case, is_known):
            if is_known:
                for name in case.path_parameters or {}:
                    case.path_parameters[name] = known[name]
            case.headers["Authorization"] = f"Bearer {token}"
            response = case.call()
            case.validate_response(response, checks=CHECKS)

        check()
