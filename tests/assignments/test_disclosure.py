"""What a box says about itself reaches a student, and for a hidden check only where it is one of our own words."""

import pytest

from assignments.disclosure import advice, error_name, kind_of_value, tried_to_write, why_missing
from assignments.script import Outcome, Status

SECRET = "x0_is_3_25"  # what a submission would like to carry out of a hidden check


def raised(name, message=""):
    return Outcome(Status.RAISED, error_type=name, message=message)


def unreadable(message):
    return Outcome(Status.UNREADABLE, message=message)


def missing(message):
    return Outcome(Status.MISSING, message=message)


@pytest.mark.parametrize("name", ["ValueError", "LinAlgError", "AxisError"])
def test_known_exception_is_named_on_every_check(name):
    assert error_name(raised(name), is_visible=False) == name


def test_exception_of_its_own_is_named_on_a_visible_check_alone():
    assert error_name(raised(SECRET), is_visible=True) == SECRET
    assert error_name(raised(SECRET), is_visible=False) == "an exception of its own"


@pytest.mark.parametrize(
    "kind", ["a function", "a generator", "a dict whose keys are of type tuple", "containers nested more than 8 deep"]
)
def test_kind_of_value_that_python_has_is_told_on_every_check(kind):
    assert kind_of_value(unreadable(kind), is_visible=False) == kind


def test_class_of_its_own_is_named_on_a_visible_check_alone():
    assert kind_of_value(unreadable(f"a {SECRET}"), is_visible=True) == f"a {SECRET}"
    assert kind_of_value(unreadable(f"a {SECRET}"), is_visible=False) == "an object of its own class"
    assert kind_of_value(unreadable(f"{SECRET} and more"), is_visible=False) == ""


def test_size_is_told_and_nothing_beside_it():
    ours = "more than 100,000 values; NumPy arrays may be larger"

    assert kind_of_value(unreadable(ours), is_visible=False) == ours
    assert kind_of_value(unreadable(f"{ours} {SECRET}"), is_visible=False) == ""


def test_missing_function_is_told_and_nothing_beside_it():
    ours = "`update` is not defined; did you mean your `updat`?"

    assert why_missing(missing(ours), is_visible=False) == ours
    assert why_missing(missing(f"{ours} {SECRET}!"), is_visible=False) == ""
    assert why_missing(missing(f"{ours} {SECRET}!"), is_visible=True) == f"{ours} {SECRET}!"


def test_advice_is_in_our_own_words():
    told = advice(raised("NameError", f"name 'torch' is not defined {SECRET}"))

    assert told == "Only NumPy and Python's own library are there to import."
    assert advice(raised("ValueError", SECRET)) == ""


def test_only_what_was_forbidden_can_be_a_write():
    message = "[Errno 30] Read-only file system: 'loss.png'"

    assert tried_to_write(Outcome(Status.NOT_ALLOWED, message=message))
    assert not tried_to_write(raised("OSError", message))
