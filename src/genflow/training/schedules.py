"""When something is done during training."""

from typing import Callable

Schedule = Callable[[int], bool]


def every(num_steps: int) -> Schedule:
    """Every so many steps.

    Args:
        num_steps: The distance; 0 for never.

    Returns:
        A function from the number of steps made to whether it is time.

    Raises:
        ValueError: If `num_steps` is negative.

    Example:
        >>> [step for step in range(1, 7) if every(2)(step)]
        [2, 4, 6]
    """
    if num_steps < 0:
        raise ValueError("`num_steps` must not be negative; got {}.".format(num_steps))
    return lambda step: num_steps > 0 and step % num_steps == 0
