"""Values and scripts as text: readable, bounded, harmless."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from assignments.render import LIMIT, ROOM, clean, render, render_outline, render_pair, render_script
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


# --- long results -----------------------------------------------------------------------------------------------------

MODEL = {name: np.full((4, 6), 1 / 3) for name in ("W1", "W2", "W3")}


def both(got, want):
    return render_pair(got, want, lambda one, other: render(one, 10_000) == render(other, 10_000))


def test_a_short_result_is_shown_whole():
    assert both((1, [2.5]), (1, [3.5])) == ("(1, [2.5])", "(1, [3.5])")


def test_of_a_long_result_only_the_first_item_that_differs_is_shown():

    assert both((MODEL, [0.5]), (MODEL, [0.7])) == ("(…, [0.5])", "(…, [0.7])")
    got, want = both(({**MODEL, "W2": np.ones(2)}, 1), ({**MODEL, "W2": np.zeros(2)}, 1))
    assert got == "({…, 'W2': [1.0, 1.0], …}, …)"
    assert want == "({…, 'W2': [0.0, 0.0], …}, …)"


def test_of_long_results_of_another_build_the_shapes_are_shown():
    got, want = both(list(MODEL.values()), MODEL)

    assert got == "[<array of shape (4, 6)>, <array of shape (4, 6)>, <array of shape (4, 6)>]"
    assert want.startswith("{'W1': <array of shape (4, 6)>, ")


def test_an_outline_begins_a_long_list_and_says_how_long_it_is():
    assert render_outline([[0.861, 0.891]] * 201) == "[[0.861, 0.891], [0.861, 0.891], [0.861, 0.891], … 201 in all]"


@given(plain, plain)
def test_long_results_stay_bounded_whatever_they_are(got, want):
    for text in (*both(got, want), render_outline(got)):
        assert len(text) <= LIMIT + ROOM
