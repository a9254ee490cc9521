"""What is looked for on a result's page is found when it is there, or missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attacks import pages

DOCUMENT: dict[str, Any] = {
    "notes": ["a.py is `not` read & left out"],
    "questions": [
        {
            "id": "f4",
            "verdict": "crashed",
            "feedback": ["`f4` stopped with <an> error."],
            "checks": [{"visible": False, "verdict": "crashed"}, {"visible": False, "verdict": "passed"}],
        }
    ],
}
PAGE = """<section data-graded><li>a.py is <code>not</code> read &amp; left out</li>
<details id="q-f4"><summary><span class="question__word verdict--crashed">Crashed</span></summary>
<p><code>f4</code> stopped with &lt;an&gt; error.</p>
<summary>Hidden checks: 1 of 2 passed</summary></details></section>
<details><summary>What your code printed</summary><pre>PRINTED</pre></details>
<section class="stack" aria-labelledby="handed-in"><code>HANDED IN</code></section>
<script type="module" src="/static/js/live.js"></script>"""


def test_page_that_says_what_the_api_says_is_right() -> None:
    assert pages.faults(PAGE, DOCUMENT) == []


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("verdict--crashed", "verdict--passed", "f4 is not crashed on it"),
        ("stopped with", "was stopped by", "is not on it"),
        ("&amp; left out", "", "is not on it"),
        ("1 of 2 passed", "2 of 2 passed", "is not on it"),
        ("data-graded", "data-progress", "it does not show a result"),
        ("&lt;an&gt;", "<an>", "is not on it"),
        ("<pre>PRINTED", "<pre><script>alert(1)</script>", "active"),
        ("<pre>PRINTED", '<pre><img src=x onerror="alert(1)">', "active"),
    ],
)
def test_page_that_says_something_else_or_does_something_is_found(was: str, now: str, words: str) -> None:
    assert any(words in each for each in pages.faults(PAGE.replace(was, now), DOCUMENT))


def test_own_words_are_no_leak() -> None:
    text = pages.without_own_words(PAGE)
    assert "stopped with <an> error" in text
    assert "PRINTED" not in text
    assert "HANDED IN" not in text
