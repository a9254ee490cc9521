"""Numbers of one's own and curves of a training, through the whole service."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib

import pytest
from playwright.sync_api import expect

from assignments import catalog, definitions
from assignments.typed import right_number
from tests import servers
from tests.e2e.conftest import PACK

pytestmark = pytest.mark.browser

QUIZ = "/c/dl101/a/forward_pass"


@pytest.fixture
def switched(service):
    """The demo course with numbers of one's own, for the length of one test."""
    command = [*servers.grader_command("course"), "variants", "dl101"]
    environment = servers.clean_environment(GRADER_DATA_DIR=str(service.data_dir))
    subprocess.run([*command, "on"], env=environment, check=True)
    yield
    subprocess.run([*command, "off"], env=environment, check=True)


@pytest.mark.usefixtures("switched")
def test_page_api_and_grading_agree_on_a_students_own_numbers(visit, service):
    login = service.demo["students"][4]
    status, body = service.get("/api/v1/courses/dl101/assignments/forward_pass", login["token"])
    assert status == 200
    numbers = json.loads(body)["variant"]
    visitor = visit(login)
    visitor.open(QUIZ)
    expect(visitor.page.get_by_text("numbers of this statement are your own")).to_be_visible()
    statement = visitor.page.locator(".prose").first.inner_text()
    assert f"a bias of {numbers['b_hidden']:.2f} for every hidden unit" in statement
    spec = catalog.load("forward_pass")
    answers = definitions.load("forward_pass").questions
    for question in spec.fields:
        text = f"{right_number(answers[question.id], numbers):.4f}"
        visitor.page.locator(f'[name="answers.{question.id}"]').fill(text)
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "12"
    assert visitor.complaints == []
    address = visitor.page.url.removeprefix(service.url)
    teacher = visit(service.demo["instructor"])
    teacher.open(address)
    teacher.page.get_by_text("the numbers this attempt answers").click()
    expect(teacher.page.locator(".prose")).to_contain_text(f"a bias of {numbers['b_hidden']:.2f}")


@pytest.mark.usefixtures("switched")
def test_the_lectures_answers_do_not_pass_for_ones_own_numbers(visit, service):
    visitor = visit(service.demo["students"][3])
    visitor.open(QUIZ)
    answers = tomllib.loads((PACK / "forward_pass" / "exemplars" / "all_right.toml").read_text())["answers"]
    for question, text in answers.items():
        visitor.page.locator(f'[name="answers.{question}"]').fill(text)
    visitor.page.get_by_role("button", name="Hand in").click()
    assert float(visitor.score()) <= 2.5  # an activation that follows from the sum typed before it keeps half


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_a_training_shows_its_curve_beside_the_references(visit, service, scheme, width):
    code = (PACK / "first_network" / "exemplars" / "right_numpy.py").read_bytes()
    visitor = visit(service.demo["students"][2], width=width, color_scheme=scheme)
    visitor.open("/c/dl101/a/first_network")
    visitor.page.set_input_files("#file", {"name": "first_network.py", "mimeType": "text/x-python", "buffer": code})
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "20"
    figure = visitor.page.locator("#q-learns figure")
    expect(figure).to_be_visible()  # nothing lost points, so the curve is what is open
    expect(figure).to_contain_text("It falls from 0.367 to 0.000583")
    drawing = figure.get_by_role("img")
    expect(drawing).to_have_accessible_name(re.compile("Loss.*logarithmic", re.DOTALL))
    box, plot = drawing.bounding_box(), figure.locator(".chart__line--student").last.bounding_box()
    assert box
    assert plot
    assert box["x"] <= plot["x"]
    assert plot["x"] + plot["width"] <= box["x"] + box["width"] + 1
    lines = [figure.locator(f"polyline.chart__line--{kind}") for kind in ("student", "reference")]
    colours = [line.evaluate("line => getComputedStyle(line).stroke") for line in lines]
    surface = visitor.page.locator("#q-learns").evaluate("card => getComputedStyle(card).backgroundColor")
    assert len({*colours, surface}) == 3
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visitor.complaints == []
