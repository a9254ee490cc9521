"""A teacher reads the gradebook and settles a dispute."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PACK
from tests.e2e.test_student import hand_in_file

pytestmark = pytest.mark.browser


@pytest.fixture
def handed_in(visit, service):
    """The fifth demo student's wrong perceptron, graded: 13 of 20."""
    student = visit(service.demo["students"][4])
    hand_in_file(student, PACK / "perceptron" / "exemplars" / "update_sign_flipped.py")
    assert student.score() == "13"
    return student


def test_gradebook_cell_leads_to_the_submission_with_its_files(visit, service, handed_in):
    email = service.demo["students"][4]["email"]
    teacher = visit(service.demo["instructor"])
    teacher.open("/c/dl101/gradebook")
    row = teacher.page.get_by_role("row").filter(has_text=email)
    row.get_by_role("link", name="13").click()
    expect(teacher.page.locator("main")).to_contain_text(email)
    teacher.page.locator("summary").filter(has_text="perceptron.py").click()
    expect(teacher.page.locator("main")).to_contain_text("def update(w, w0, x, y, lr=1.0):")
    expect(teacher.page.locator("main")).to_contain_text("Seed of the hidden checks")
    with teacher.page.expect_download() as download:
        teacher.page.get_by_role("link", name="Download perceptron.py").click()
    assert (
        download.value.path().read_bytes()
        == (PACK / "perceptron" / "exemplars" / "update_sign_flipped.py").read_bytes()
    )


def test_gradebook_is_searched_and_sorted(visit, service, handed_in):
    teacher = visit(service.demo["assistant"])
    teacher.open("/c/dl101/gradebook")
    rows = teacher.page.locator("tbody tr")
    expect(rows).to_have_count(len(service.demo["students"]))
    teacher.page.get_by_label("Student", exact=True).fill("student5@")
    teacher.page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(1)
    teacher.page.get_by_role("link", name="Clear").click()
    teacher.page.get_by_role("link", name="Total").click()
    totals = [float(text) for text in teacher.page.locator("tbody td:last-child").all_inner_texts()]
    assert totals == sorted(totals, reverse=True)


def test_csv_is_downloaded(visit, service, handed_in):
    teacher = visit(service.demo["instructor"])
    teacher.open("/c/dl101/gradebook")
    with teacher.page.expect_download() as download:
        teacher.page.get_by_role("link", name="Download CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = {row["email"]: row for row in csv.DictReader(file)}
    assert rows["student5@example.edu"]["perceptron"] == "13.00"
    assert len(rows) == len(service.demo["students"])


def test_student_finds_no_gradebook_and_no_submission_of_others(visit, service, handed_in):
    other = visit(service.demo["students"][3])
    other.open("/c/dl101/gradebook")
    expect(other.page.get_by_role("heading", name="Not found")).to_be_visible()
    other.page.goto(handed_in.page.url)
    expect(other.page.get_by_role("heading", name="Not found")).to_be_visible()
