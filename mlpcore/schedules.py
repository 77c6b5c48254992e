"""Learning-rate schedules: functions of (step, total_steps) that give a factor for the rate.

`step` counts from 0 to total_steps - 1, so a schedule is a plain function that can be plotted,
and a resumed run goes on where it was. [eq:schedules] chapter 10.
"""

import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]


def constant() -> Schedule:
    """1 throughout."""
    return lambda step, total_steps: 1.0


def step_decay(drops: tuple[float, ...] = (0.5, 0.75), gamma: float = 0.1) -> Schedule:
    """Multiplied by `gamma` at each share of the run in `drops`."""
    if any(not 0 < d < 1 for d in drops):
        raise ValueError(f"step_decay: drops are {drops}; expected shares of the run in (0, 1)")
    return lambda step, total_steps: gamma ** sum(step >= d * total_steps for d in drops)


def cosine(final: float = 0.0) -> Schedule:
    """Half a cosine from 1 down to `final`. Loshchilov & Hutter (2017), eq. 5, without restarts."""
    return lambda step, total_steps: _cosine_between(1.0, final, step / total_steps)


def warm_up(share: float = 0.05, then: Schedule | None = None) -> Schedule:
    """A line from near 0 to 1 over the first `share` of the run, after it `then` (constant)."""
    if not 0 < share < 1:
        raise ValueError(f"warm_up: share is {share}; expected a share of the run in (0, 1)")
    then = constant() if then is None else then

    def factor(step, total_steps):
        rising = max(1, round(share * total_steps))
        if step < rising:
            return (step + 1) / rising
        return then(step - rising, total_steps - rising)

    return factor


def one_cycle(share: float = 0.3, start_divisor=25.0, end_divisor=1e4) -> Schedule:
    """Up to 1 over the first `share` of the run, then down, both along half a cosine.

    Starts at 1 / start_divisor and ends at 1 / (start_divisor * end_divisor), as PyTorch's
    OneCycleLR. Smith & Topin (2018).
    """
    if not 0 < share < 1:
        raise ValueError(f"one_cycle: share is {share}; expected a share of the run in (0, 1)")
    low, lowest = 1 / start_divisor, 1 / (start_divisor * end_divisor)

    def factor(step, total_steps):
        top, last = share * total_steps - 1, total_steps - 1
        if step <= top:
            return _cosine_between(low, 1.0, step / top if top > 0 else 1.0)
        return _cosine_between(1.0, lowest, (step - top) / (last - top))

    return factor


def _cosine_between(start, end, share):
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
