"""Everybody can use the pages: on a telephone, by keyboard, in the dark, with a screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PACK
from tests.e2e.test_student import hand_in_file

pytestmark = pytest.mark.browser

PATHS = (
    "/",
    "/c/dl101",
    "/c/dl101/a/perceptron",
    "/c/dl101/a/forward_pass",
    "/c/dl101/a/gradient_quiz",
    "/c/dl101/a/python_warmup",
    "/c/dl101/me",
    "/c/dl101/gradebook",
    "/c/no-such-course",
)

# What axe-core's commonest rules look for: names, labels, headings, tables, unique ids, contrast of text.
FAULTS = """
() => {
  const faults = [];
  const named = (node) =>
    (node.getAttribute("aria-label") || node.textContent || node.title || "").trim() ||
    [...(node.labels || [])].some((label) => label.textContent.trim()) ||
    node.getAttribute("aria-labelledby");
  for (const node of document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea"))
    if (!named(node)) faults.push("no name: " + node.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) faults.push("id twice: " + id);
  for (const node of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const name of ["aria-labelledby", "aria-describedby"])
      for (const id of (node.getAttribute(name) || "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) faults.push(name + " leads nowhere: " + id);
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  let level = 0;
  for (const node of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const next = Number(node.tagName[1]);
    if (next > level + 1) faults.push("heading skips a level: " + node.textContent.trim());
    level = next;
  }
  for (const table of document.querySelectorAll("table")) {
    if (table.closest(".prose")) continue;
    if (!table.caption) faults.push("table without caption");
    if (![...table.querySelectorAll("th")].every((cell) => cell.scope)) faults.push("th without scope");
  }
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.querySelector("main")) faults.push("no main");

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (below, colour) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const each of [below, colour].filter(Boolean)) { canvas.fillStyle = each; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return `rgb(${r} ${g} ${b} / ${a / 255})`;
  };
  const light = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) layers.unshift(getComputedStyle(each).backgroundColor);
    return layers.reduce(over, "white");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    if (node.closest("script, noscript, .visually-hidden, .skip, option, svg")) continue;
    const ground = behind(node);
    const [a, b] = [light(over(ground, getComputedStyle(node).color)), light(ground)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${node.textContent.trim().slice(0, 40)}`);
  }
  return [...new Set(faults)];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_names_labels_headings_and_contrast(visit, service, scheme):
    teacher = visit(service.demo["instructor"], color_scheme=scheme)
    hand_in_file(teacher, PACK / "perceptron" / "exemplars" / "update_sign_flipped.py")
    teacher.score()
    submission = teacher.page.url.removeprefix(service.url)
    for path in (*PATHS, submission):
        teacher.open(path)
        assert teacher.page.evaluate(FAULTS) == [], path


def test_login_page_has_names_labels_headings_and_contrast(visit):
    visitor = visit()
    visitor.open("/login")
    assert visitor.page.evaluate(FAULTS) == []


def test_nothing_is_wider_than_a_telephone(visit, service):
    teacher = visit(service.demo["instructor"], width=360)
    hand_in_file(teacher, PACK / "perceptron" / "exemplars" / "update_sign_flipped.py")
    teacher.score()
    for summary in teacher.page.locator("summary:visible").all():
        summary.click()
    submission = teacher.page.url.removeprefix(service.url)
    for path in (submission, *PATHS):
        if path != submission:
            teacher.open(path)
        excess = teacher.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess == 0, path


def test_keyboard_alone_logs_in_and_hands_in(visit, service):
    login = service.demo["students"][3]
    visitor = visit()
    visitor.open("/login")
    keyboard = visitor.page.keyboard
    expect(visitor.page.get_by_label("Email")).to_be_focused()
    keyboard.type(login["email"])
    keyboard.press("Tab")
    keyboard.type(login["password"])
    keyboard.press("Enter")
    visitor.page.wait_for_url(f"{service.url}/")
    visitor.open("/c/dl101/a/forward_pass")
    keyboard.press("Tab")
    expect(visitor.page.locator(":focus")).to_have_text("Skip to content")
    keyboard.press("Enter")
    for _ in range(60):
        keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.name") == "answers.z0":
            break
    keyboard.type("0.4775")
    keyboard.press("Enter")
    assert visitor.score() == "1"


def test_focus_is_always_to_be_seen(visit, service):
    visitor = visit(service.demo["students"][2])
    visitor.open("/c/dl101/a/python_warmup")
    seen = set()
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement === document.body"):
            break  # past the last one
        style = visitor.page.evaluate(
            "(() => { const node = document.activeElement; const style = getComputedStyle(node);"
            " return [node.outerHTML.slice(0, 60), style.outlineStyle, parseFloat(style.outlineWidth)]; })()"
        )
        seen.add(style[0])
        assert style[1] != "none", style
        assert style[2] >= 1, style
    assert len(seen) > 10


def test_pages_load_nothing_from_elsewhere_and_break_no_policy(visit, service):
    teacher = visit(service.demo["instructor"])
    asked: list[str] = []
    teacher.page.on("request", lambda request: asked.append(request.url))
    for path in PATHS[:-1]:
        teacher.open(path)
    assert [url for url in asked if not url.startswith(service.url)] == []
    assert teacher.complaints == []
