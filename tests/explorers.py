"""Move every control of every Explorer that a kernel holds (tests/test_chapters.py runs this)."""

import gc

import ipywidgets as widgets

from mlpcore.explore import Explorer


def far_values(control) -> list:
    """Settings that leave no side of a control untried: both ends, or every option."""
    if isinstance(control, widgets.FloatLogSlider):
        return [control.base**control.min, control.base**control.max]
    if isinstance(control, widgets.Checkbox | widgets.ToggleButton):
        return [not control.value, control.value]
    if hasattr(control, "options"):
        return [value for _, value in control._options_full]
    return [control.min, control.max]


def faults_of(explorer: Explorer) -> list[str]:
    """What goes wrong when each control is moved in turn: errors, and controls without effect."""
    faults = []
    for name, control in explorer.controls.items():
        start, shown = control.value, {(explorer.png, explorer.html)}
        for value in far_values(control):
            control.value = value
            shown.add((explorer.png, explorer.html))
            if explorer.error is not None:
                faults.append(f"{control.description}={value}: {explorer.error!r}")
        control.value = start
        if len(shown) < 2:
            faults.append(f"{name}: moving {control.description!r} changes nothing")
    return faults


def explorers() -> list[Explorer]:
    """Those alive in this process."""
    return [thing for thing in gc.get_objects() if type(thing) is Explorer]


def report() -> dict:
    """The faults of the Explorers alive in this process, by their text."""
    return {repr(explorer): faults_of(explorer) for explorer in explorers()}
