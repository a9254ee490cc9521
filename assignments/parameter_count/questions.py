"""Counting parameters: two networks of the lectures by hand, any network by code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from assignments.language import Check, Code, Definition, Mistake, Number, Tolerance, WrongNumber
from assignments.script import call
from reference import parameters
from reference.parameters import count_parameters

DIGITS: Final = (784, 512, 256, 10)
KERAS: Final = (2, 4, 6, 6, 4, 1)

BIASES_ADDED: Final = "biases-added"
BIASES_LEFT_OUT: Final = "biases-left-out"
INPUT_BIASED: Final = "input-biased"
SIZES_SUMMED: Final = "sizes-summed"
ALL_MULTIPLIED: Final = "all-multiplied"
ONE_BIAS: Final = "one-bias-a-layer"
OUTPUT_UNBIASED: Final = "output-biases-missing"
LAYER_MISSED: Final = "layer-missed"
BIASES_ALONE: Final = "biases-alone"

BIASES_ADDED_SAYS = "The biases are counted in where only the weights are asked for."
BIASES_LEFT_OUT_SAYS = "The weights are right, but the biases are missing: every neuron behind the input layer has one."
INPUT_BIASED_SAYS = (
    "The input layer was given biases. It holds the data and computes nothing: biases belong to the neurons that "
    "weights lead to."
)
SIZES_SUMMED_SAYS = (
    "Sizes were added where they are to be multiplied: each neuron of a layer has a weight to every neuron of the next."
)
ALL_MULTIPLIED_SAYS = (
    "All sizes were multiplied with each other. Weights lie between neighbouring layers only: a product for each pair "
    "of neighbours, and then the sum of these."
)
ONE_BIAS_SAYS = "Each neuron has a bias of its own, not each layer one for all its neurons."
OUTPUT_UNBIASED_SAYS = "The output layer's neurons have biases, too; only the input layer has none."
LAYER_MISSED_SAYS = (
    "One layer of weights is missing at an end. The first one leads from the input to the first hidden layer, the last "
    "one from the last hidden layer to the output."
)

BIASES_ALONE_SAYS = "These are the neurons behind the input layer, one bias for each. No weight is counted."
FIRST_PAIR_SAYS = (
    "Only the first two layers are counted. A `return` inside the loop ends the function before the loop comes to the "
    "other layers."
)


def _typed(sizes: Sequence[int], *, bias: bool) -> tuple[WrongNumber, ...]:
    """Return the wrong numbers people give for a network, with biases asked for or not."""
    other = WrongNumber(BIASES_LEFT_OUT, count_parameters(sizes, bias=False), BIASES_LEFT_OUT_SAYS)
    if not bias:
        other = WrongNumber(BIASES_ADDED, count_parameters(sizes), BIASES_ADDED_SAYS)
    wrong: list[tuple[str, Callable[..., int], str]] = [
        (INPUT_BIASED, parameters.count_input_biased, INPUT_BIASED_SAYS),
        (INPUT_BIASED, parameters.count_bias_at_the_near_end, INPUT_BIASED_SAYS),
        (ONE_BIAS, parameters.count_one_bias_a_layer, ONE_BIAS_SAYS),
        (ONE_BIAS, parameters.count_one_bias, ONE_BIAS_SAYS),
        (BIASES_ALONE, parameters.count_biases_alone, BIASES_ALONE_SAYS),
        (OUTPUT_UNBIASED, parameters.count_output_unbiased, OUTPUT_UNBIASED_SAYS),
        (SIZES_SUMMED, parameters.count_neurons, SIZES_SUMMED_SAYS),
        (SIZES_SUMMED, parameters.count_neurons_and_biases, SIZES_SUMMED_SAYS),
        (SIZES_SUMMED, parameters.count_pair_sums, SIZES_SUMMED_SAYS),
        (SIZES_SUMMED, parameters.count_pair_sums_and_biases, SIZES_SUMMED_SAYS),
        (ALL_MULTIPLIED, parameters.count_all_multiplied, ALL_MULTIPLIED_SAYS),
        (ALL_MULTIPLIED, parameters.count_all_multiplied_and_biases, ALL_MULTIPLIED_SAYS),
        (LAYER_MISSED, parameters.count_without_output_layer, LAYER_MISSED_SAYS),
        (LAYER_MISSED, parameters.count_without_first_layer, LAYER_MISSED_SAYS),
    ]
    numbers: dict[int, WrongNumber] = {int(other.value): other} if not callable(other.value) else {}
    for name, count, says in wrong:
        # Biases left out of it as well where none are asked for; counted in by mistake, they are one more way.
        for with_biases in (bias, not bias):
            value = count(sizes, with_biases)
            if value != count_parameters(sizes, bias):
                numbers.setdefault(value, WrongNumber(name, value, says))
    return tuple(numbers.values())


def _checks(rng: np.random.Generator) -> Iterator[Check]:
    # A pair with and without biases counts as one, so that whoever ignores `bias` earns nothing.
    yield from (
        Check("2, 3 and 1 neurons", call("count_parameters", [2, 3, 1]), visible=True, group="shown"),
        Check("without biases", call("count_parameters", [2, 3, 1], bias=False), visible=True, group="shown"),
        Check("two layers", call("count_parameters", [5, 4]), visible=True, group="two layers, shown"),
    )
    for number in (2, 3, 4, 5, int(rng.integers(6, 9))):
        # No two sizes alike and none below 3, so that no wrong count is right by chance.
        sizes = [int(size) for size in rng.permutation(np.arange(3, 30))[:number]]
        yield from _pair(f"{number} layers", sizes, by_name=rng.random() < 0.5)
    # The sum stays below 2**24, so that it is a whole number in single precision as well.
    yield from _pair("large layers", [int(size) for size in rng.integers(500, 2000, 4)], by_name=True)
    yield from _pair("one neuron in the middle", [int(rng.integers(3, 9)), 1, int(rng.integers(10, 20))], by_name=True)
    repeated = int(rng.integers(3, 9))
    yield from _pair("equal layers", [repeated + 2, repeated, repeated, repeated + 2], by_name=False)


def _pair(name: str, sizes: list[int], *, by_name: bool) -> Iterator[Check]:
    without = call("count_parameters", sizes, bias=False) if by_name else call("count_parameters", sizes, False)
    yield Check(f"{name}, bias left out", call("count_parameters", sizes), group=name)
    yield Check(f"{name}, with biases", call("count_parameters", sizes, bias=True), group=name)
    yield Check(f"{name}, without biases", without, group=name)


def _wrong(name: str, function: Callable[..., int], says: str) -> Mistake:
    return Mistake(name, says, replaces={"count_parameters": function})


def _hint(got: Any, want: Any) -> str | None:
    if not isinstance(got, int | float | np.generic):
        return None  # what came back is no count at all, and that is said already
    if float(got) < float(want):
        return "Too few are counted: is every pair of neighbouring layers in, and every neuron's bias?"
    return "Too many are counted: is a pair of layers or a bias counted twice, or one that is not there?"


IGNORED = " The argument `bias` says which."

COUNT = Code(
    reference={"count_parameters": count_parameters},
    checks=lambda rng: list(_checks(rng)),
    tolerance=Tolerance(rtol=0.0, atol=0.0),
    hint=_hint,
    mistakes=(
        _wrong(BIASES_ADDED, parameters.count_with_biases_always, BIASES_ADDED_SAYS + IGNORED),
        _wrong(BIASES_LEFT_OUT, parameters.count_without_biases, BIASES_LEFT_OUT_SAYS + IGNORED),
        _wrong(
            "default-changed",
            parameters.count_without_by_default,
            "Where `bias` is left out it stands for True: the first line of the function says so.",
        ),
        _wrong(
            "bias-turned-round",
            parameters.count_flag_turned_round,
            "The biases are counted where `bias` is False, and left out where it is True.",
        ),
        _wrong(INPUT_BIASED, parameters.count_input_biased, INPUT_BIASED_SAYS),
        _wrong(INPUT_BIASED, parameters.count_input_biased_always, INPUT_BIASED_SAYS),
        _wrong(INPUT_BIASED, parameters.count_bias_at_the_near_end, INPUT_BIASED_SAYS),
        _wrong(OUTPUT_UNBIASED, parameters.count_output_unbiased, OUTPUT_UNBIASED_SAYS),
        _wrong(ONE_BIAS, parameters.count_one_bias_a_layer, ONE_BIAS_SAYS),
        _wrong(ONE_BIAS, parameters.count_one_bias, ONE_BIAS_SAYS),
        _wrong(SIZES_SUMMED, parameters.count_neurons, SIZES_SUMMED_SAYS),
        _wrong(SIZES_SUMMED, parameters.count_neurons_and_biases, SIZES_SUMMED_SAYS),
        _wrong(SIZES_SUMMED, parameters.count_pair_sums, SIZES_SUMMED_SAYS),
        _wrong(SIZES_SUMMED, parameters.count_pair_sums_and_biases, SIZES_SUMMED_SAYS),
        _wrong(ALL_MULTIPLIED, parameters.count_all_multiplied, ALL_MULTIPLIED_SAYS),
        _wrong(ALL_MULTIPLIED, parameters.count_all_multiplied_and_biases, ALL_MULTIPLIED_SAYS),
        _wrong(BIASES_ALONE, parameters.count_biases_alone, BIASES_ALONE_SAYS),
        _wrong("first-pair-only", parameters.count_first_pair, FIRST_PAIR_SAYS),
        _wrong(LAYER_MISSED, parameters.count_without_output_layer, LAYER_MISSED_SAYS),
        _wrong(LAYER_MISSED, parameters.count_without_first_layer, LAYER_MISSED_SAYS),
    ),
)

QUESTIONS: Mapping[str, Definition] = {
    "weights": Number(
        count_parameters(DIGITS, bias=False),
        0,
        _typed(DIGITS, bias=False),
        says="Multiply the sizes of each two neighbouring layers, and add the products up.",
    ),
    "with_biases": Number(
        count_parameters(DIGITS),
        0,
        _typed(DIGITS, bias=True),
        says="Take the weights, and add one bias for each neuron that weights lead to.",
    ),
    "keras": Number(
        count_parameters(KERAS),
        0,
        _typed(KERAS, bias=True),
        says="Write down the layers' sizes, the two inputs first, and count as before: a Dense layer has biases.",
    ),
    "count_parameters": COUNT,
}
