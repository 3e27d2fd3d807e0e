"""The steps of which data are dumped."""

from typing import Any, Iterable, List, Union

DumpSteps = Union[str, int, range, Iterable[Union[int, range]]]


def dump_steps_text(steps: DumpSteps) -> str:
    """Writes steps as the adapter takes them.

    Args:
        steps: A step, a `range` of steps, or a list of both. Text is returned as it is.

    Raises:
        TypeError: If a step is no integer.
        ValueError: If there are none.

    Example:
        >>> dump_steps_text([0, range(3, 6), 10])
        '0|3-5|10'
    """
    if isinstance(steps, str):
        return steps
    return "|".join(_parts(steps))


def _parts(steps: Any) -> List[str]:
    if isinstance(steps, range):
        return _range_parts(steps)
    if isinstance(steps, int) and not isinstance(steps, bool):
        return [str(steps)]
    if not isinstance(steps, (list, tuple)):
        raise TypeError(
            "`dump_step` must be steps: an int, a range, a list of both, or text such as "
            "'0|3-5'; got {!r}: write one of these.".format(steps)
        )
    if not steps:
        raise ValueError("`dump_step` must have a step; got none: leave it out, or name one.")
    return [part for step in steps for part in _parts(step)]


def _range_parts(steps: range) -> List[str]:
    if not steps:
        raise ValueError("`dump_step` must have a step; got {}: name one.".format(steps))
    if steps.step == 1 and len(steps) > 1:
        return ["{}-{}".format(steps[0], steps[-1])]
    return [str(step) for step in steps]
