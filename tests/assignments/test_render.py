"""Values and scripts as text: readable, bounded, harmless."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from assignments.render import LIMIT, clean, render, render_script
from assignments.script import Call, Get, Ref, Repeat, Script, Seed, Set, call
from tests.assignments.test_compare import plain


def predict(w, w0, x, threshold=0.0):
    """Stands for a reference, whose parameter names are shown."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1.0, 2.0]), "[1.0, 2.0]"),
        (np.eye(2), "[[1.0, 0.0], [0.0, 1.0]]"),
        (np.float64(0.1), "0.1"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.33333333"),
        (7, "7"),
        (None, "None"),
        ((1,), "(1,)"),
        ([], "[]"),
        ({"W": [1, 2.5]}, "{'W': [1, 2.5]}"),
        ("it's\n", '"it\'s\\n"'),
        (float("nan"), "nan"),
        (np.array([True, False]), "[True, False]"),
    ],
)
def test_a_value_is_written_as_python_would(value, text):
    assert render(value) == text


@given(plain)
def test_no_value_makes_rendering_raise_or_grow(value):
    assert len(render(value)) <= LIMIT


def test_a_large_array_is_cut():
    text = render(np.zeros((1000, 1000)))

    assert len(text) <= LIMIT
    assert "1000 in all" in render(np.zeros(1000))


def test_a_call_shows_its_arguments_by_name():
    script = call("predict", np.array([1.0, 2.0]), 0.5, [3], threshold=1)

    assert render_script(script, {"predict": predict}) == "predict(w=[1.0, 2.0], w0=0.5, x=[3], threshold=1)"


def test_a_single_argument_needs_no_name():
    assert render_script(call("f", 3), {"f": lambda z: z}) == "f(3)"


def test_a_longer_script_reads_as_python():
    script = Script((
        Seed(3),
        Set("model", {"W": np.eye(1)}),
        Call("create", (2,), save="net"),
        Repeat(10, (Call("train", (Ref("net"), 0.5), {}, "_"),), 5, (Call("out", (Ref("net"),), {}, "o", True),)),
        Get("net", "W1", save="w"),
    ), returns=("o", "w"))  # fmt: skip

    assert render_script(script, {}).splitlines() == [
        "np.random.seed(3)",
        "model = {'W': [[1.0]]}",
        "net = create(2)",
        "for i in range(10):",
        "    _ = train(net, 0.5)",
        "    if (i + 1) % 5 == 0:",
        "        o.append(out(net))",
        "w = net['W1']",
    ]


def test_text_from_a_box_loses_control_characters_and_length():
    assert clean("a\x1b[31mred\n\tb\ud800") == "a�[31mred b�"
    assert len(clean("x" * 10_000)) == LIMIT
    assert clean(None) == ""
