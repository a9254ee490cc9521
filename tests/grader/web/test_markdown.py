"""Prompts become HTML that needs no script, and nothing else."""

from __future__ import annotations

import pytest

from assignments import catalog
from grader.web import markdown


def test_dollar_mathematics_becomes_mathml():
    html = markdown.render("The unit gives $\\hat y = \\sigma(z)$.")
    assert "<math" in html
    assert "σ" in html
    assert "$" not in html


def test_display_mathematics_is_a_block():
    assert '<math display="block">' in markdown.render("$$\n\\frac{1}{2}\n$$")


def test_money_is_not_mathematics():
    assert "<math" not in markdown.render("It costs $5 and $6 a day.")


def test_bold_letters_are_characters_of_their_own():
    """Browsers ignore MathML's bold attribute."""
    html = markdown.render("$\\mathbf{w}$")
    assert "𝐰" in html
    assert "mathvariant" not in html


def test_formula_that_cannot_be_converted_is_shown_as_typed():
    assert "<code>\\frac{</code>" in markdown.render("$\\frac{$")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "$\\text{<script>alert(1)</script>}$",
        "$\\href{javascript:alert(1)}{x}$",
        '`<b onclick="x">`',
    ],
)
def test_hostile_markdown_leaves_no_script(hostile: str):
    html = markdown.render(hostile)
    assert "<script" not in html
    assert "<img" not in html
    assert "href=" not in html
    assert "<b " not in html


def test_headings_leave_the_first_level_to_the_page():
    html = markdown.render("# Title\n\n## Part")
    assert "<h1" not in html
    assert "<h2>Title</h2>" in html
    assert "<h3>Part</h3>" in html


def test_back_quotes_become_code_and_everything_else_is_escaped():
    assert markdown.plain_code("`w` <b>`x<y`") == "<code>w</code> &lt;b&gt;<code>x&lt;y</code>"


def test_stray_back_quote_is_left_alone():
    assert markdown.plain_code("5` <") == "5` &lt;"


@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_formula_of_the_pack_is_converted(slug: str):
    spec = catalog.load(slug)
    texts = [spec.prompt, *(question.prompt for question in spec.questions)]
    for question in spec.questions:
        texts += [text for note in question.errata for text in (note.prints, note.holds)]
    for text in texts:
        html = str(markdown.render(text))
        assert "<code>\\" not in html
        assert "$" not in html
