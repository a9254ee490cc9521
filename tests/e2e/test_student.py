"""A student hands in and reads the result, through the whole service."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import GRADED_WITHIN_MS, PACK

pytestmark = pytest.mark.browser

EXEMPLARS = PACK / "perceptron" / "exemplars"


def hand_in_file(visitor, path: Path, name: str = "perceptron.py") -> None:
    visitor.open("/c/dl101/a/perceptron")
    visitor.page.set_input_files("#file", {"name": name, "mimeType": "text/x-python", "buffer": path.read_bytes()})
    visitor.page.get_by_role("button", name="Hand in").click()
    visitor.page.wait_for_url("**/s/*")


def test_right_file_gets_full_marks_without_a_reload(visit, service):
    visitor = visit(service.demo["students"][0])
    hand_in_file(visitor, EXEMPLARS / "right_numpy.py")
    loads: list[str] = []
    visitor.page.on("load", lambda page: loads.append(page.url))
    assert visitor.score() == "20"
    assert loads == []
    assert visitor.complaints == []


def test_wrong_file_loses_its_question_and_is_told_the_mistake(visit, service):
    visitor = visit(service.demo["students"][0])
    hand_in_file(visitor, EXEMPLARS / "update_sign_flipped.py")
    assert visitor.score() == "13"
    assert "sign-flipped" in visitor.question("update")
    assert "Not right" in visitor.question("update")
    expect(visitor.page.locator("#q-update")).to_have_attribute("open", "")
    expect(visitor.page.locator("#q-predict")).not_to_have_attribute("open", "")
    expect(visitor.page.locator("#q-update table").first).to_be_visible()


def test_broken_file_scores_nothing_and_says_where(visit, service, tmp_path):
    broken = tmp_path / "perceptron.py"
    broken.write_text("def predict(w, w0, x:\n    return 1\n")
    visitor = visit(service.demo["students"][0])
    hand_in_file(visitor, broken)
    assert visitor.score() == "0"
    assert "line 1" in visitor.page.locator("main").inner_text()


def test_printed_markup_is_shown_as_text(visit, service, tmp_path):
    loud = tmp_path / "perceptron.py"
    hostile = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    loud.write_text((EXEMPLARS / "right_numpy.py").read_text() + f'\nprint("{hostile}")\n')
    visitor = visit(service.demo["students"][1])
    hand_in_file(visitor, loud)
    assert visitor.score() == "20"
    assert hostile in (visitor.page.locator("pre.output").first.text_content() or "")
    assert "owned" not in visitor.page.title()
    assert visitor.complaints == []


def test_code_can_be_pasted(visit, service):
    visitor = visit(service.demo["students"][1])
    visitor.open("/c/dl101/a/perceptron")
    visitor.page.get_by_text("Paste code instead").click()
    visitor.page.get_by_label("Your code, handed in as").fill((EXEMPLARS / "right_plain_python.py").read_text())
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "20"


def test_file_can_be_dropped(visit, service):
    visitor = visit(service.demo["students"][1])
    visitor.open("/c/dl101/a/perceptron")
    transfer = visitor.page.evaluate_handle(
        "(text) => { const dropped = new DataTransfer();"
        " dropped.items.add(new File([text], 'perceptron.py')); return dropped; }",
        (EXEMPLARS / "right_terse.py").read_text(),
    )
    zone = visitor.page.locator("[data-drop]")
    zone.dispatch_event("dragenter", {"dataTransfer": transfer})
    zone.dispatch_event("drop", {"dataTransfer": transfer})
    expect(visitor.page.locator("[data-drop-files]")).to_contain_text("perceptron.py")
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "20"


def test_quiz_fields_are_graded_and_kept(visit, service):
    answers = tomllib.loads((PACK / "forward_pass" / "exemplars" / "all_right.toml").read_text())["answers"]
    visitor = visit(service.demo["students"][2])
    visitor.open("/c/dl101/a/forward_pass")
    for question, text in {**answers, "loss": "0.7343"}.items():  # the ½ forgotten
        visitor.page.locator(f'[name="answers.{question}"]').fill(text)
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "10"
    visitor.page.get_by_role("link", name="Hand in again").click()
    expect(visitor.page.locator('[name="answers.z0"]')).to_have_value(answers["z0"])
    visitor.page.locator('[name="answers.loss"]').fill(answers["loss"])
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "12"


def test_code_and_fields_go_in_together(visit, service):
    code = (PACK / "python_warmup" / "exemplars" / "right_plain.py").read_bytes()
    answers = tomllib.loads((PACK / "python_warmup" / "exemplars" / "all_right.toml").read_text())["answers"]
    visitor = visit(service.demo["students"][2])
    visitor.open("/c/dl101/a/python_warmup")
    visitor.page.set_input_files("#file", {"name": "python_warmup.py", "mimeType": "text/x-python", "buffer": code})
    for question in ("f4_default", "f4_both", "slicing"):
        visitor.page.locator(f'[name="answers.{question}"]').fill(answers[question])
    visitor.page.get_by_label("AttributeError").check()
    visitor.page.get_by_role("button", name="Hand in").click()
    assert visitor.score() == "10"


def test_refused_upload_keeps_what_was_typed_and_takes_the_focus(visit, service):
    visitor = visit(service.demo["students"][2])
    visitor.open("/c/dl101/a/python_warmup")
    visitor.page.locator('[name="answers.f4_default"]').fill("4")
    visitor.page.get_by_label("KeyError").check()
    visitor.page.set_input_files("#file", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"})
    visitor.page.get_by_role("button", name="Hand in").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("notes.txt")
    expect(visitor.page.get_by_role("alert")).to_be_focused()
    expect(visitor.page.locator('[name="answers.f4_default"]')).to_have_value("4")
    expect(visitor.page.get_by_label("KeyError")).to_be_checked()


def test_everything_but_live_progress_works_without_javascript(visit, service):
    visitor = visit(service.demo["students"][3], java_script_enabled=False)
    hand_in_file(visitor, EXEMPLARS / "right_class.py")
    # The page reloads itself every few seconds until the result is there.
    expect(visitor.page.locator("[data-score]")).to_have_text("20", timeout=GRADED_WITHIN_MS)
    visitor.page.locator("#q-predict > summary").click()
    expect(visitor.page.locator("#q-predict .question__body")).to_be_visible()
    visitor.page.get_by_role("button", name="Log out").click()
    expect(visitor.page.get_by_role("heading", name="Log in")).to_be_visible()


def test_waiting_page_polls_where_no_stream_can_be_had(visit, service):
    visitor = visit(service.demo["students"][3])
    visitor.page.route("**/events", lambda route: route.fulfill(status=204))
    hand_in_file(visitor, EXEMPLARS / "right_numpy.py")
    assert visitor.score() == "20"


def test_new_token_hands_in_with_the_line_that_is_shown(visit, service):
    visitor = visit(service.demo["students"][3])
    visitor.open("/c/dl101/me")
    visitor.page.get_by_label("Name of a new token").fill("laptop")
    visitor.page.get_by_role("button", name="Create token").click()
    token, line = visitor.page.locator(".notice [data-copy-source]").all_inner_texts()
    assert token in line
    assert service.get("/api/v1/courses", token)[0] == 200
    visitor.page.get_by_role("button", name="Revoke laptop").click()
    expect(visitor.page.get_by_role("button", name="Revoke laptop")).to_have_count(0)
    assert service.get("/api/v1/courses", token)[0] == 401
