"""Concepts: which kind of learning a task asks for, and three texts that a teacher marks by their rubric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from assignments.language import Choice, Definition, Written

SUPERVISED = "supervised"
UNSUPERVISED = "unsupervised"
REINFORCEMENT = "reinforcement"

# Rubrics: points → what a teacher looks for. An item half there earns half of its points.
WHAT_IS_ML = (
    (
        "1.5",
        "Learning from data or experience: a program becomes better at a task through examples or outcomes.",
    ),
    (
        "1",
        "The contrast: nobody writes the rules for the task; they are found, as by fitting a model's parameters.",
    ),
    ("0.5", "A fitting example, or the aim: to predict or decide on data that were not seen before."),
)
ML_VS_DL = (
    ("0.5", "Deep learning is a part of machine learning, not its opposite."),
    ("1.5", "Features: designed by people in much of machine learning, learnt from raw data in deep learning."),
    ("0.5", "Depth: networks of many layers, each building its representation on the one before."),
    (
        "0.5",
        "A consequence: more data and computing needed, gains on images, sound or text, or results hard to interpret.",
    ),
)
CNN_RNN = (
    ("1", "Yes, and how: a CNN turns images or frames into features, an RNN reads or writes a sequence of them."),
    (
        "1",
        "A fitting use that needs both: video described in words, actions in video, text in pictures, speech.",
    ),
)


def _marked_by(items: Sequence[tuple[str, str]]) -> Written:
    return Written(tuple((text, Decimal(points)) for points, text in items))


QUESTIONS: Mapping[str, Definition] = {
    "dogs_cats": Choice(
        SUPERVISED,
        says={
            UNSUPERVISED: "Every picture comes with what it shows. Where nothing of that kind is given, patterns have "
            "to be found without it; here it is given.",
            REINFORCEMENT: "Nothing acts here, and nothing is rewarded: each picture comes with its right answer.",
        },
        names={UNSUPERVISED: "labels-overlooked", REINFORCEMENT: "no-reward"},
    ),
    "documents": Choice(
        UNSUPERVISED,
        says={
            SUPERVISED: "Learning from examples with answers needs the answers. Nobody has said here which document "
            "belongs to which group, nor which groups there are.",
            REINFORCEMENT: "Nothing acts here, and nothing is rewarded: there is only the text of the documents.",
        },
        names={SUPERVISED: "no-labels", REINFORCEMENT: "no-reward"},
    ),
    "go": Choice(
        REINFORCEMENT,
        says={
            SUPERVISED: "Nobody says for each position which move is right. All there is to learn from comes after the "
            "last move: whether the game was won.",
            UNSUPERVISED: "There is something to learn from besides the games themselves: whether they were won.",
        },
        names={SUPERVISED: "no-labels", UNSUPERVISED: "reward-overlooked"},
    ),
    "house_prices": Choice(
        SUPERVISED,
        says={
            UNSUPERVISED: "Every house comes with the price it was sold for. An answer that is a number, and not a "
            "class, is still an answer to learn from.",
            REINFORCEMENT: "Nothing acts here, and nothing is rewarded: each house comes with its right answer.",
        },
        names={UNSUPERVISED: "labels-overlooked", REINFORCEMENT: "no-reward"},
    ),
    "what_is_ml": _marked_by(WHAT_IS_ML),
    "ml_vs_dl": _marked_by(ML_VS_DL),
    "cnn_rnn": _marked_by(CNN_RNN),
}
