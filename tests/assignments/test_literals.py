"""Python literals by our own parser, with Python's as the witness."""

from __future__ import annotations

import ast
import contextlib
import string
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.literals import MAX_LENGTH, LiteralError, parse_literal, same_literal

scalars = (
    st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
    | st.text(string.printable, max_size=6).map(
        lambda text: text.replace("\\", "").replace("\x0b", "").replace("\x0c", "")
    )
)
literals = st.recursive(
    scalars,
    lambda children: (
        st.lists(children, max_size=4)
        | st.lists(children, max_size=3).map(tuple)
        | st.dictionaries(st.text(string.ascii_letters, max_size=3) | st.integers(0, 9), children, max_size=3)
        | st.sets(st.integers(0, 9), min_size=1)
    ),
    max_leaves=8,
)


@given(literals)
def test_whatever_python_prints_is_read_back(value):
    text = repr(value)
    if len(text) <= MAX_LENGTH:
        assert same_literal(parse_literal(text), value)


@given(st.text("[](){}'\",:.-+ 0123aeNoneTrue\\_ ", max_size=40))
def test_any_text_is_what_python_says_or_an_error(text):
    """Where both parsers read a text, they agree; ours never raises anything but its own error."""
    try:
        ours = parse_literal(text)
    except LiteralError:
        return
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        assert repr(ours) == repr(ast.literal_eval(text.strip()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("['nice string']", ["nice string"]),
        ("[\"a\", 'b']", ["a", "b"]),
        ("1, 2", (1, 2)),
        ("()", ()),
        ("(1)", 1),
        ("(1,)", (1,)),
        ("{}", {}),
        ("{1, 2}", {1, 2}),
        ("{'a': [1, -2.5e3]}", {"a": [1, -2500.0]}),
        ("'it\\'s'", "it's"),
        ("'a\\d'", "a\\d"),
        ("--1", 1),
        ("[u'a', U\"b\"]", ["a", "b"]),
    ],
)
def test_literals_are_read(text, value):
    assert same_literal(parse_literal(text), value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "too early"),
        ("[nice string]", "quotes"),
        ("['a'", "missing"),
        ("['a]", "closing '"),
        ("['a' 1]", "comma"),
        ("[,]", "value is missing"),
        ("[1]]", "left over"),
        ("a", "name"),
        ("f'x'", "name"),
        ("__import__('os')", "name"),
        ("[].append", "left over"),
        ("1+2", "left over"),
        ("1.2.3", "runs into"),
        ("12abc", "runs into"),
        ("{[1]: 2}", "key"),
        ("{1: 2, 3}", "half"),
        ("-'a'", "sign"),
        ("[‘a’]", "quotes ‘"),
        ("x" * 201, "201 characters"),
        ("[" * 30 + "]" * 30, "deeply"),
        ("-" * 100 + "1", "deeply"),
        ("²", "digits"),
        ("'nice\\x20string'", "escape"),
        ("'\\u0061'", "escape"),
        ("'\\101'", "escape"),
    ],
)
def test_what_is_no_literal_is_refused_with_the_reason(text, hint):
    with pytest.raises(LiteralError, match=hint):
        parse_literal(text)


@pytest.mark.parametrize(
    ("got", "want", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (1, True, False),
        ([1], (1,), False),
        ([1, [2]], [1, [2]], True),
        ({"a": 1}, {"a": True}, False),
        ({1, 2}, {2, 1}, True),
        ("a", ["a"], False),
        (None, 0, False),
        ([1], [1, 2], False),
    ],
)
def test_literals_are_alike_in_value_and_type(got, want, same):
    assert same_literal(got, want) is same
