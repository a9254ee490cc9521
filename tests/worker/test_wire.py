"""What is read from a box: any bytes at all give a value or WireError, never anything else."""

from __future__ import annotations

import contextlib
import json
import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from assignments.script import Call, Get, Outcome, Ref, Repeat, Script, Seed, Set, Status, call
from worker import wire
from worker.box import framing, loading, packing, telling
from worker.wire import Death, WireError, play_trusted

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 80), 1 << 80)
    | st.floats()
    | st.text(st.characters(exclude_categories=("C",)), max_size=20)
)
arrays = npst.arrays(
    st.sampled_from([np.dtype(name) for name in sorted(framing.DTYPES)]), npst.array_shapes(min_dims=0, min_side=0)
)
values = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text("abc", max_size=3) | st.integers(-9, 9), inner, max_size=4)
    ),
    max_leaves=12,
)


def header(**told: Any) -> bytes:
    return json.dumps({"status": "returned"} | told).encode()


def packed(value: Any) -> tuple[bytes, bytes]:
    packer = packing.Packer()
    return header(value=packer.pack(value)), b"".join(packer.blobs)


def require_same(one: Any, other: Any) -> None:
    """Equal in type, dtype, shape and every bit that means something."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray | np.generic):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            require_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for item, twin in zip(one, other, strict=True):
            require_same(item, twin)
    else:
        assert one == other or (math.isnan(one) and math.isnan(other))


@given(values)
def test_plain_data_comes_back_as_it_was(value: Any) -> None:
    require_same(wire.read_outcome(*packed(value)).value, value)


@given(values)
def test_plain_data_reaches_the_child_as_it_was(value: Any) -> None:
    told, blob = packed(value)
    require_same(packing.Unpacker(blob).unpack(json.loads(told)["value"]), value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.ones(1).view(type("Sub", (np.ndarray,), {})), np.ones(1)),
        (np.array([1, 2.5], dtype=object), [1, 2.5]),
        (np.array(["a"]), ["a"]),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype=np.int32)),
        (np.array([1.5], dtype=np.longdouble), np.array([1.5])),
        (np.longdouble("1.5"), 1.5),
        (np.array(1.5, dtype=np.longdouble)[()], 1.5),
        (np.array(2.0), np.array(2.0)),
        (np.arange(6.0).reshape(2, 3).T, np.arange(6.0).reshape(2, 3).T),
        (np.broadcast_to(1.0, (2, 2)), np.ones((2, 2))),
        (range(3), [0, 1, 2]),
        (Status.RAISED, "raised"),
        (1 + 2j, np.complex128(1 + 2j)),
        ({np.int64(1): 2}, {1: 2}),
    ],
)
def test_near_plain_data_comes_back_as_what_it_stands_for(value: Any, expected: Any) -> None:
    require_same(wire.read_outcome(*packed(value)).value, expected)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "object"),
        ({1, 2}, "a set"),
        (iter([]), "list_iterator"),
        (lambda: 0, "a function"),
        (np.array([None, object()], dtype=object), "object"),
        (np.array(["2026-01-01"], dtype="M8[D]"), "datetime64"),
        (np.broadcast_to(0.0, (1 << 40,)), "32 MiB"),
        (np.broadcast_to(False, ((4 << 20) + 1,)), "32 MiB"),
        (np.empty((1 << 40, 0)), "an empty array of more than 100,000 rows"),
        (dict.fromkeys(range(1001)), "a dict of more than 1,000 whole numbers"),
        ([0] * 100_001, "100,000 values"),
        ("x" * (1 << 21), "MiB of text"),
        (1 << 4000, "digits"),
        ({(1, 2): 3}, "tuple"),
    ],
)
def test_what_is_not_plain_data_is_refused_by_name(value: Any, said: str) -> None:
    with pytest.raises(packing.UnreadableError, match=said):
        packing.Packer().pack(value)


def test_container_inside_itself_is_refused() -> None:
    hollow: list[Any] = []
    hollow.append(hollow)
    with pytest.raises(packing.UnreadableError, match="deep"):
        packing.Packer().pack(hollow)


HOSTILE = {
    "nothing": b"",
    "not_json": b"\x80\x04\x95",
    "not_an_object": b"[]",
    "no_status": b"{}",
    "unknown_status": header(status="perfect"),
    "status_of_the_grader": header(status="grader_error"),
    "status_of_the_runner": header(status="not_run"),
    "status_of_another_type": header(status=["returned"]),
    "not_a_number": b'{"status": "returned", "value": NaN}',
    "infinity": b'{"status": "returned", "value": -Infinity}',
    "number_of_too_many_digits": b'{"status": "returned", "value": ' + b"9" * 5000 + b"}",
    "number_of_many_digits": b'{"status": "returned", "value": ' + b"9" * 2000 + b"}",
    "blank_before": b" " + header(status="crashed"),
    "line_end_behind": header(status="crashed") + b"\n",
    "a_second_object_behind": header(status="crashed") + b"{}",
    "a_word_behind": header(status="crashed") + b"x",
    "nothing_at_all": b"",
    "half_a_word": b"nul",
    "deep_json": b'{"status": "returned", "value": ' + b"[" * 100_000,
    "deep_value": b'{"status": "returned", "value": ' + b"[" * 900 + b"]" * 900 + b"}",
    "two_tags": header(value={"a": 1, "t": 2}),
    "unknown_tag": header(value={"x": 1}),
    "reference": header(value={"r": "secret"}),
    "tuple_of_nothing": header(value={"t": 3}),
    "dict_of_lists_as_keys": header(value={"d": [[[], 1]]}),
    "dict_of_truths_as_keys": header(value={"d": [[True, 1]]}),
    "dict_of_pairs_of_three": header(value={"d": [[1, 2, 3]]}),
    "float_of_any_text": header(value={"f": "1e5"}),
    "array_without_bytes": header(value={"a": ["float64", [1]]}),
    "array_of_overflowing_shape": header(value={"a": ["float64", [1 << 62, 4]]}),
    "array_of_negative_shape": header(value={"a": ["float64", [-1]]}),
    "array_of_true_shape": header(value={"a": ["float64", [True]]}),
    "array_of_float_shape": header(value={"a": ["float64", [1.0]]}),
    "array_of_1000_dimensions": header(value={"a": ["float64", [0] * 1000]}),
    "array_of_impossible_empty_shape": header(value={"a": ["float64", [0, 1 << 40, 1 << 40]]}),
    "array_of_a_million_million_empty_rows": header(value={"a": ["float64", [1 << 40, 0]]}),
    "texts_as_wide_as_the_longest": header(value=["x" * 20_000] + ["y"] * 100),
    "dict_of_very_many_whole_numbers": header(value={"d": [[number, 0] for number in range(1001)]}),
    "array_of_objects": header(value={"a": ["object", [0]]}),
    "array_of_void": header(value={"a": ["V16", [0]]}),
    "array_of_dates": header(value={"a": ["M8[s]", [0]]}),
    "array_of_foreign_bytes": header(value={"a": [">f8", [0]]}),
    "array_of_long_doubles": header(value={"a": ["float128", [0]]}),
    "scalar_of_objects": header(value={"s": "object"}),
    "scalar_of_a_list": header(value={"s": []}),
    "message_of_numbers": header(message=7),
    "line_of_text": header(line="7"),
    "line_below_zero": header(line=-1),
    "line_of_truth": header(line=True),
    "warnings_of_numbers": header(warnings=[1]),
    "warnings_as_text": header(warnings="abc"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_header_is_a_wire_error(name: str) -> None:
    with pytest.raises(WireError):
        wire.read_outcome(HOSTILE[name], b"")


def test_bytes_left_over_are_a_wire_error() -> None:
    told, blob = packed(np.ones(2))
    for wrong in (blob + b"\0", blob[:-1], b""):
        with pytest.raises(WireError):
            wire.read_outcome(told, wrong)


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (["float64", [2]], "longer than its bytes"),
        (["float64", [1 << 39, 1 << 39]], "longer than its bytes"),
        (["float64", [1] * 33], "not a shape"),
        (["object", [1]], "no such dtype"),
        (["float64", [1.0]], "not a shape"),
    ],
)
def test_hostile_array_is_refused_for_its_own_reason(array: list[Any], why: str) -> None:
    """Before anything is made of it: what NumPy would say, and what that costs, is not left to chance."""
    with pytest.raises(WireError, match=why):
        wire.read_outcome(header(value={"a": array}), bytes(8))


def test_arrays_that_come_with_a_failure_are_a_wire_error() -> None:
    with pytest.raises(WireError, match="came with a failure"):
        wire.read_outcome(header(status="raised"), bytes(8))


@pytest.mark.parametrize("value", [[0] * 100_001, {"t": [0] * 100_001}, {"d": [[0, 0]] * 100_001}])
def test_more_values_than_may_cross_are_a_wire_error(value: Any) -> None:
    with pytest.raises(WireError, match="more values"):
        wire.read_outcome(header(value=value), b"")


@pytest.mark.parametrize("read", [lambda told: wire.read_outcome(told, b""), wire.read_load])
def test_header_larger_than_any_is_a_wire_error(read: Any) -> None:
    with pytest.raises(WireError, match="more text"):
        read(header(message="x" * framing.MAX_JSON))


def test_number_that_lies_is_read_past_its_own_methods() -> None:
    """What a class says when it is asked for its value is no value."""
    lies = {name: (lambda *_: 42) for name in ("__int__", "__index__", "__add__", "__abs__", "__round__")}
    lies |= {"__float__": lambda _: 42.0, "__str__": lambda _: "42", "__repr__": lambda _: "42"}
    for kind, true in ((int, 3), (float, 3.5), (str, "three")):
        value = type("Liar", (kind,), lies)(true)
        assert wire.read_outcome(*packed(value)).value == true


def test_truth_values_that_are_neither_are_a_wire_error() -> None:
    with pytest.raises(WireError):
        wire.read_outcome(header(value={"a": ["bool", [1]]}), b"\2")


def test_duplicate_keys_and_lone_surrogates_are_survived() -> None:
    told = b'{"status": "raised", "status": "returned", "value": "a\\ud800b", "message": "\\u202e\\u0000\\u001b[31m"}'
    outcome = wire.read_outcome(told, b"")
    assert outcome.value == "a\ufffdb"
    assert outcome.message.encode() == "\ufffd\ufffd\ufffd[31m".encode()


def test_texts_are_cut_to_what_a_page_can_show() -> None:
    outcome = wire.read_outcome(header(message="m" * 10**6, mutated=["x" * 10**4] * 100, function="f" * 10**6), b"")
    assert len(outcome.message) <= 1000
    assert len(outcome.mutated) <= 20
    assert len(outcome.mutated[0]) <= 200
    assert len(outcome.function or "") <= 100


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_any_bytes_give_an_outcome_or_a_wire_error(told: bytes, blob: bytes) -> None:
    for read in (
        lambda: wire.read_outcome(told, blob),
        lambda: wire.read_load(told),
        lambda: [*wire.split_frames(blob)],
    ):
        with contextlib.suppress(WireError):
            read()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(sorted(framing.DTYPES)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "s", "t", "d", "f", "r", "status", "value"]), inner, max_size=2)
    ),
    max_leaves=15,
)


@given(json_values)
def test_frames_say_what_the_standard_library_would_write(value: Any) -> None:
    assert framing.to_json(value) == json.dumps(value, separators=(",", ":"))


@given(json_values, st.binary(max_size=64))
def test_any_json_gives_an_outcome_or_a_wire_error(value: Any, blob: bytes) -> None:
    told = json.dumps({"status": "returned", "value": value}).encode()
    try:
        outcome = wire.read_outcome(told, blob)
    except WireError:
        return
    assert isinstance(outcome, Outcome)


@given(st.binary(max_size=400))
def test_any_trace_gives_a_place_or_none(trace: bytes) -> None:
    outcome = Death(Status.CRASHED, "signal", 11, b'  File "w.py", line 3 in f\n' + trace).as_outcome(
        wire.Limits(), {"w.py": 3}
    )
    assert outcome.status is Status.CRASHED
    assert outcome.line == 3


# --- the trusted side -------------------------------------------------------------------------------------------------


def grow(box: dict[str, Any], by: float) -> float:
    box["size"] += by
    return float(box["size"])


def test_script_of_every_step_is_played() -> None:
    script = Script(
        (
            Set("box", {"size": 1.0}),
            Seed(3),
            Repeat(
                6,
                (Call("grow", (Ref("box"), 2.0), save="now"),),
                every=2,
                every_steps=(Call("grow", (Ref("box"),), {"by": 0.0}, save="curve", collect=True),),
            ),
            Get("box", "size", "end"),
        ),
        returns=("curve", "end"),
    )
    outcome = play_trusted(script, {"grow": grow})
    assert outcome.status is Status.RETURNED
    assert outcome.value == ([5.0, 9.0, 13.0], 13.0)


def test_arguments_are_fresh_for_each_call_and_those_changed_in_place_are_named() -> None:
    def spoil(values: Any, factor: float) -> float:
        values *= factor
        return float(values.sum())

    given_array = np.ones(3)
    script = Script((Repeat(2, (Call("spoil", (given_array, 2.0), save="sums", collect=True),)),), ("sums",))
    outcome = play_trusted(script, {"spoil": spoil})
    assert outcome.value == [6.0, 6.0]
    assert outcome.mutated == ("spoil: values",)
    assert given_array.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("argument", "change", "is_changed"),
    [
        ([1.0, [2.0]], lambda x: x[1].append(3.0), True),
        ({"W": np.zeros(2)}, lambda x: x["W"].__iadd__(1), True),
        ({"W": np.zeros(2)}, lambda x: x.update(b=1), True),
        (np.zeros(2), lambda x: x.resize((3,), refcheck=False), True),
        (np.array([np.nan]), lambda x: x.sum(), False),
        ([float("nan"), "a", None], len, False),
        ((np.zeros(1),), lambda x: x[0].fill(1), True),
    ],
)
def test_change_in_place_is_seen_in_every_container(argument: Any, change: Any, is_changed: bool) -> None:
    outcome = play_trusted(call("f", argument), {"f": lambda x: str(change(x))})
    assert outcome.status is Status.RETURNED, outcome
    assert outcome.mutated == (("f: x",) if is_changed else ())


def test_change_of_a_value_the_grader_prepared_is_seen_through_its_name() -> None:
    script = Script((Set("model", {"W": np.zeros(2)}), Call("f", (), {"m": Ref("model")})))
    outcome = play_trusted(script, {"f": lambda m: m["W"].fill(1)})
    assert outcome.mutated == ("f: m",)


def test_change_of_the_students_own_object_is_its_own_affair() -> None:
    script = Script((Call("make", save="net"), Call("train", (Ref("net"),))))
    outcome = play_trusted(script, {"make": lambda: [0.0], "train": lambda net: net.append(1.0)})
    assert outcome.mutated == ()


def test_collected_values_are_kept_as_they_were() -> None:
    state = np.zeros(1)

    def step() -> Any:
        state[0] += 1
        return state

    script = Script((Repeat(3, (Call("step", save="all", collect=True),)),), ("all",))
    assert [float(v[0]) for v in play_trusted(script, {"step": step}).value] == [1, 2, 3]


def test_warnings_are_told_with_their_kind() -> None:
    outcome = play_trusted(call("f", np.array([1000.0])), {"f": np.exp})
    assert any(text.startswith("RuntimeWarning: overflow") for text in outcome.warnings)


def test_missing_function_is_a_status() -> None:
    outcome = play_trusted(call("g"), {})
    assert (outcome.status, outcome.function) == (Status.MISSING, "g")


def test_exception_names_the_function_at_fault_and_what_it_rests_on() -> None:
    script = Script((Call("make", rests_on="create"), Call("use")))
    outcome = play_trusted(script, {"make": lambda: 1 / 0, "use": lambda: 0})
    assert (outcome.status, outcome.function, outcome.rests_on) == (Status.RAISED, "make", "create")
    assert (outcome.error_type, outcome.message) == ("ZeroDivisionError", "division by zero")


def test_key_that_is_not_there_is_charged_to_the_maker_of_the_object() -> None:
    script = Script((Call("make", save="net"), Get("net", "W1", "W1")), ("W1",))
    outcome = play_trusted(script, {"make": dict})
    assert (outcome.status, outcome.function, outcome.error_type) == (Status.RAISED, "make", "KeyError")


def test_seed_step_makes_both_generators_repeat() -> None:
    import random

    script = Script((Seed(1), Call("f", save="a"), Seed(1), Call("f", save="b")), ("a", "b"))
    draw = {"f": lambda: (random.random(), float(np.random.rand()))}  # noqa: NPY002 (what the step seeds)
    first, second = play_trusted(script, draw).value
    assert first == second


def test_keys_that_would_all_collide_are_refused() -> None:
    """Multiples of 2**61 - 1 have one hash: a dict of a hundred thousand of them takes minutes to build."""
    told = {"status": "returned", "value": {"d": [[number * (2**61 - 1), None] for number in range(1, 50_000)]}}
    started = time.process_time()
    with pytest.raises(WireError, match="digits"):
        wire.read_outcome(json.dumps(told).encode(), b"")
    assert time.process_time() - started < 5  # 0.03 s
    edge = {"status": "returned", "value": {"d": [[2**64 - 1, 1], [-(2**63), 2]]}}
    assert wire.read_outcome(json.dumps(edge).encode(), b"").value == {2**64 - 1: 1, -(2**63): 2}


def test_many_texts_are_refused_where_one_of_them_is_long() -> None:
    """NumPy gives each item of an array the room of the longest: a hundred texts here would be as many megabytes."""
    packer = packing.Packer()
    packer.pack(["x" * 20_000] + ["y"] * 100)
    with pytest.raises(packing.UnreadableError, match="MiB of text"):
        packer.require_narrow()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (["x" * 20_000] + ["y"] * 100, "more text"),
        ("x" * (framing.MAX_TEXT + 1), "more text"),
        ({"a": ["float64", [framing.MAX_VALUES + 1, 0]]}, "too many rows"),
        ({"d": [[number, 0] for number in range(framing.MAX_WHOLE_KEYS + 1)]}, "whole numbers as keys"),
    ],
    ids=["texts", "one text", "rows", "keys"],
)
def test_what_weighs_more_at_the_judge_than_on_its_way_is_a_wire_error(value: Any, why: str) -> None:
    with pytest.raises(WireError, match=why):
        wire.read_outcome(header(value=value), b"")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.zeros(framing.MAX_RESULT // framing.LEAST_BYTES + 1, np.int8), "MiB of numbers"),
        (np.zeros((framing.MAX_VALUES + 1, 0)), "rows"),
        (dict.fromkeys(range(framing.MAX_WHOLE_KEYS + 1)), "whole numbers"),
    ],
    ids=["numbers", "rows", "keys"],
)
def test_and_is_not_sent_either(value: Any, why: str) -> None:
    with pytest.raises(packing.UnreadableError, match=why):
        packing.Packer().pack(value)


def test_numbers_of_one_byte_count_as_what_they_are_compared_as() -> None:
    size = (4 << 20) + 1
    with pytest.raises(WireError, match="more numbers"):
        wire.read_outcome(header(value={"a": ["int8", [size]]}), bytes(size))


@pytest.mark.parametrize("why", ["timed_out", "output_limit", "crashed", "unreadable"])
def test_loading_that_stopped_where_the_process_before_died_can_be_read(why: str) -> None:
    """The child tells how the one before it died; a flood at the top level once came back as unreadable."""
    loader = loading.Loader([{"module": "work", "name": "work.py", "cells": [""], "labels": []}], "work", {})
    loader.stop_before('  File "work.py", line 3 in <module>', why)
    told = {name: getattr(loader.problems[0], name) for name in telling.Problem.__slots__}
    load = wire.read_load(json.dumps(told | {"notes": loader.notes}).encode())
    assert (load.status, load.line) == (Status(why), 3)
