"""The gradebook's page and its CSV."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.grader.web.conftest import SLUGS, Browser, World, question

BOOK = "/c/dl101/gradebook"


@pytest.fixture
def teacher(world: World) -> Browser:
    return world.browser("tess@example.edu")


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)<small>', page)


def test_student_is_told_there_is_no_such_page(world: World):
    browser = world.browser("ann@example.edu")
    for path in (BOOK, f"{BOOK}.csv"):
        assert browser.get(path).status_code == 404


def test_cell_leads_to_the_submission_that_counts(world: World, teacher: Browser):
    best = world.add_submission(questions=[question(score=7)])
    world.add_submission(questions=[question(score=2)])
    teacher.get(BOOK)
    assert re.search(rf'<a href="/s/{best}">7</a>', teacher.page)


def test_table_has_a_caption_and_headed_rows_and_columns(teacher: Browser):
    teacher.get(BOOK)
    assert "<caption" in teacher.page
    assert teacher.page.count('<th scope="col"') == 2 + len(SLUGS) + 1
    assert names(teacher.page) == ["Ann", "Bob"]


def test_click_on_a_heading_sorts_and_a_second_one_turns_it_round(world: World, teacher: Browser):
    world.add_submission("ann@example.edu", questions=[question(score=1)])
    world.add_submission("bob@example.edu", questions=[question(score=6)])
    teacher.get(BOOK)
    link = re.search(r'href="([^"]*sort=perceptron[^"]*)"', teacher.page)
    assert link
    teacher.get(link.group(1).replace("&amp;", "&"))
    assert names(teacher.page) == ["Bob", "Ann"]
    assert 'aria-sort="descending"' in teacher.page
    link = re.search(r'href="([^"]*sort=perceptron[^"]*)"', teacher.page)
    assert link
    teacher.get(link.group(1).replace("&amp;", "&"))
    assert names(teacher.page) == ["Ann", "Bob"]


def test_search_keeps_to_matching_students_and_shows_what_was_sought(teacher: Browser):
    teacher.get(BOOK, query_string={"search": "bob@"})
    assert names(teacher.page) == ["Bob"]
    assert 'value="bob@"' in teacher.page


def test_search_text_is_escaped(teacher: Browser):
    teacher.get(BOOK, query_string={"search": '"><script>alert(1)</script>'})
    assert "<script>alert" not in teacher.page
    assert "No student matches" in teacher.page


def test_section_filter_survives_sorting(world: World, teacher: Browser):
    world.add_student("cleo@example.edu", "Cleo", section="B & C")
    teacher.get(BOOK, query_string={"section": "B & C"})
    assert names(teacher.page) == ["Cleo"]
    link = re.search(r'href="([^"]*sort=total[^"]*)"', teacher.page)
    assert link
    teacher.get(link.group(1).replace("&amp;", "&"))
    assert names(teacher.page) == ["Cleo"]


def test_unknown_column_is_refused_with_those_there_are(teacher: Browser):
    answer = teacher.get(BOOK, query_string={"sort": "password_hash; drop table users"})
    assert answer.status_code == 422
    assert "perceptron" in teacher.page


@pytest.mark.parametrize("page", ["0", "-3", "99999999", "x"])
def test_odd_page_numbers_show_a_page(teacher: Browser, page: str):
    assert teacher.get(BOOK, query_string={"page": page}).status_code == 200


def test_long_lists_are_paged(world: World, teacher: Browser):
    from grader.web import gradebook

    for number in range(gradebook.PER_PAGE):
        world.add_student(f"s{number:03}@example.edu", f"S{number:03}")
    teacher.get(BOOK)
    assert f"{gradebook.PER_PAGE + 2} students, page 1 of 2" in teacher.page
    link = re.search(r'rel="next" href="([^"]+)"', teacher.page)
    assert link
    teacher.get(link.group(1))
    assert len(names(teacher.page)) == 2


def test_csv_has_every_student_and_disarms_formulas(world: World, teacher: Browser):
    world.add_student("eve@example.edu", "=HYPERLINK(1)")
    world.add_submission(questions=[question(score=7)])
    answer = teacher.get(f"{BOOK}.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["email"] for row in rows] == ["eve@example.edu", "ann@example.edu", "bob@example.edu"]
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert rows[1]["perceptron"] == "7.00"
