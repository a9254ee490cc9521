"""Momentum update: what is right, and what people get wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from assignments.language import Check, Code, Definition, Mistake
from assignments.script import call
from reference import momentum

UPHILL_SAYS = "This climbs: the gradient points uphill, so it is taken off the velocity, not added."
OLD_SAYS = "The weights moved by the velocity from before the step: update the velocity first, and then use it."

TAKEN_OFF_SAYS = "The velocity was taken off the weights. Its minus sign is in it already: the weights move by it."
BETA_SAYS = "The old velocity is kept whole. Only the share β of it is."
RATE_SAYS = "The gradient is taken off whole. The learning rate scales it."
FIXED_SAYS = "This is the step for the defaults, whatever `lr` and `beta` are: use the arguments."
AVERAGED_SAYS = "The gradient is weighted with 1 − β as well. That is an average; here β weights the velocity alone."
NO_MOMENTUM_SAYS = "This is plain gradient descent: the velocity takes no part in it."
NOT_KEPT_SAYS = "The weights are right, but the velocity comes back as it was: the next step needs the new one."
SWAPPED_SAYS = "Both are right, but in the wrong order: the weights come first."


def _checks(rng: np.random.Generator) -> Sequence[Check]:
    # First what the student is shown, then hidden cases of several sizes, signs and scales.
    w, v, grad = np.array([1.0, -2.0]), np.array([0.5, 0.25]), np.array([2.0, -4.0])
    shown = [Check(f"rates {r}", call("momentum_update", w, v, grad, **r), visible=True) for r in ({}, {"lr": 0.5})]
    draws = [(*rng.normal(0.0, n, (3, n)), *rng.uniform(0.2, 0.8, 2)) for n in (1, 3, 5, 8)]
    hidden = [Check(f"{len(drawn[0])} weights", call("momentum_update", *drawn)) for drawn in draws]
    return [*shown, *hidden]


QUESTIONS: Mapping[str, Definition] = {
    "momentum_update": Code(
        reference={"momentum_update": momentum.momentum_update},
        checks=_checks,
        mistakes=(
            Mistake("gradient-ascent", UPHILL_SAYS, replaces={"momentum_update": momentum.uphill}),
            Mistake("old-velocity", OLD_SAYS, replaces={"momentum_update": momentum.old_velocity}),
            Mistake("velocity-taken-off", TAKEN_OFF_SAYS, replaces={"momentum_update": momentum.velocity_taken_off}),
            Mistake("beta-forgotten", BETA_SAYS, replaces={"momentum_update": momentum.whole_velocity}),
            Mistake("rate-forgotten", RATE_SAYS, replaces={"momentum_update": momentum.whole_gradient}),
            Mistake("rates-fixed", FIXED_SAYS, replaces={"momentum_update": momentum.rates_fixed}),
            Mistake("averaged", AVERAGED_SAYS, replaces={"momentum_update": momentum.averaged}),
            Mistake("no-momentum", NO_MOMENTUM_SAYS, replaces={"momentum_update": momentum.no_momentum}),
            Mistake("velocity-not-kept", NOT_KEPT_SAYS, replaces={"momentum_update": momentum.velocity_not_kept}),
            Mistake("swapped", SWAPPED_SAYS, replaces={"momentum_update": momentum.swapped}),
        ),
    ),
}
