"""Prompts as safe HTML: CommonMark without raw HTML, tables, and dollar mathematics as MathML made here.

MathML needs no script and no inline style, so prompts read the same without JavaScript and under a strict
content security policy. The result goes through an allow-list of tags a second time, because prompts come from
authors and converters have bugs.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Sequence
from typing import Any

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin

# fmt: off
_PROSE_TAGS = frozenset({
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6",
    "a", "table", "thead", "tbody", "tr", "th", "td",
})
_MATH_TAGS = frozenset({
    "math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "mover", "munder",
    "munderover", "mtable", "mtr", "mtd", "msqrt", "mroot", "mstyle", "mpadded", "mphantom",
})
# fmt: on
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "ol": {"start"},
    "code": {"class"},
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "separator", "minsize", "maxsize", "lspace", "rspace", "movablelimits"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mfrac": {"linethickness"},
    "mspace": {"width", "height", "depth"},
    "mpadded": {"width", "height", "depth", "lspace", "voffset"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"columnalign", "rowspacing", "columnspacing"},
    "mtd": {"columnalign"},
}


def render(text: str) -> Markup:
    """Return Markdown with `$…$` and `$$…$$` as sanitised HTML.

    Headings move down by one level: the page's own title is the only `h1`. A formula that cannot be converted is
    shown as it was typed.
    """
    return _render(text)


@functools.lru_cache(maxsize=512)
def _render(text: str) -> Markup:
    return _cleaned(_parser().render(text))


def _cleaned(fragment: str) -> Markup:
    return Markup(  # noqa: S704 (sanitised in this very expression)
        nh3.clean(
            fragment,
            tags=set(_PROSE_TAGS | _MATH_TAGS),
            attributes=_ATTRIBUTES,
            url_schemes={"https", "http", "mailto"},
            link_rel="noopener noreferrer",
        )
    )


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Space is not allowed inside the dollars: "$5 and $6" is money.
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    parser.add_render_rule("math_inline", _inline_rule)
    for name in ("math_inline_double", "math_block", "math_block_label"):
        parser.add_render_rule(name, _block_rule)
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


# The plugin would wrap formulas in elements with classes; MathML alone says inline or block.
def _inline_rule(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    return _formula(tokens[at].content, is_block=False)


def _block_rule(_renderer: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    return _formula(tokens[at].content, is_block=True)


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _formula(latex: str, *, is_block: bool) -> str:
    try:
        mathml = convert(latex.strip(), display="block" if is_block else "inline")
    except Exception:  # noqa: BLE001 (the converter raises whatever it trips over; a prompt must still be readable)
        return f"<code>{escape(latex)}</code>"
    mathml = _ENTITY.sub(_character, mathml)
    mathml = _BARS.sub(r'<mo stretchy="false">\1</mo>', mathml)
    mathml = _MINUS_FIRST.sub(r'\1<mo form="prefix">−</mo>', mathml)
    return _BOLD.sub(_bold_letters, mathml)


# What the converter leaves to browsers, and they decide otherwise: bars grow as tall as the line, and a minus after
# an operator is spaced as a subtraction.
_ENTITY = re.compile(r"&#x([0-9A-F]+);")
_BARS = re.compile(r"<mo>(‖|\|)</mo>")
_MINUS_FIRST = re.compile(r"(<mo[^>]*>(?:[=,(\[{·+−×←→∈≤≥]|&[lg]t;)</mo>)<mo>−</mo>")


def _character(match: re.Match[str]) -> str:
    return html.escape(chr(int(match.group(1), 16)))


# Browsers follow MathML Core, which knows bold only as characters of their own, not as an attribute.
_BOLD = re.compile(r'<m([in]) mathvariant="bold">([A-Za-z0-9]+)</m[in]>')
_BOLD_BLOCKS = (("A", "Z", 0x1D400), ("a", "z", 0x1D41A), ("0", "9", 0x1D7CE))


def _bold_letters(match: re.Match[str]) -> str:
    tag, text = match.groups()
    bold = "".join(
        chr(start + ord(letter) - ord(first))
        for letter in text
        for first, last, start in _BOLD_BLOCKS
        if first <= letter <= last
    )
    return f"<m{tag}>{bold}</m{tag}>"


def render_inline(text: str) -> Markup:
    """Return one sentence of Markdown with mathematics, without a paragraph around it; sanitised too."""
    return _render_inline(text)


@functools.lru_cache(maxsize=512)
def _render_inline(text: str) -> Markup:
    return _cleaned(_parser().renderInline(text))


def plain_code(text: str) -> Markup:
    """Return a one-line text with `back-quoted` parts as code and everything escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a stray quote: show the text as it is
        return escape(text)
    pieces = [Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)]
    return Markup("").join(pieces)
