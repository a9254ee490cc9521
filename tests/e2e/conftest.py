"""A real Chromium before a whole service: web, queue, worker, runner and sandbox, as `./run` starts them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import assignments

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.servers import Service

REQUIRED = "DELTAMARK_REQUIRE_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACK = Path(assignments.__file__).parent
GRADED_WITHIN_MS = 120_000  # two busy cores are shared by everything under test


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the machine's own Chromium; without one the test is skipped, or fails where one is required."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    advice = "no Chromium on PATH; on Debian and Ubuntu: apt-get install chromium"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(advice)
    pytest.skip(advice)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """That Chromium, running while the tests of one file do.

    Playwright keeps an event loop running in the main thread, and Flask closes no session beside one: so it ends before
    the next file's tests begin, and not with the session as the fixture of the same name in pytest-playwright does.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=GRADED_WITHIN_MS)

    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root.
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        running = playwright.chromium.launch(executable_path=chromium, args=arguments, timeout=GRADED_WITHIN_MS)
        yield running
        running.close()


@dataclass
class Visitor:
    """Somebody at a browser of their own, with what the browser complained about."""

    page: Page
    url: str
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def log_in(self, login: dict[str, str]) -> None:
        self.open("/login")
        self.page.get_by_label("Email").fill(login["email"])
        self.page.get_by_label("Password").fill(login["password"])
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.url}/")

    def score(self) -> str:
        """Return the score once the page shows it, without having been reloaded."""
        found = self.page.locator("[data-score]")
        found.wait_for(timeout=GRADED_WITHIN_MS)
        return found.inner_text()

    def question(self, question_id: str) -> str:
        """Return the text of one question's result, folded or not."""
        return self.page.locator(f"#q-{question_id}").text_content() or ""


@pytest.fixture
def visit(browser: Browser, service: Service):
    """Return a function that opens a browser window for somebody: `visit(login, width=360, javaScriptEnabled=…)`."""
    contexts: list[BrowserContext] = []

    def make(login: dict[str, str] | None = None, *, width: int = 1280, **options: Any) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(GRADED_WITHIN_MS)
        contexts.append(context)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        visitor = Visitor(page, service.url, complaints)
        if login:
            visitor.log_in(login)
        return visitor

    yield make
    for context in contexts:
        context.close()
