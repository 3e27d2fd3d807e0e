"""Sums over the steps of an epoch that survive a break."""

from typing import Any, Dict, List, Sequence


class EpochSums:
    """Sums of numbers, and of seconds, over the steps of the epoch so far.

    They are part of the state of a checkpoint. A step that is added again, as an observer of
    training must expect, counts once: the sums start anew at the first step of an epoch, not
    at the end of the last one.
    """

    def __init__(self, key: str, count: int, steps_per_epoch: int, state: Dict[str, Any]) -> None:
        """Constructs the sums, or goes on with those in `state`.

        Args:
            key: Where they are in `state`.
            count: How many numbers each step has.
            steps_per_epoch: Steps in each epoch.
            state: Of the checkpoint; changed in place.

        Raises:
            ValueError: If `state` is not what this class leaves there.
        """
        start = {"sums": [0.0] * count, "seconds": 0.0, "total": 0.0}
        self._state, self._steps_per_epoch = state.setdefault(key, start), steps_per_epoch
        _check_state(key, count, self._state)

    def add(self, step: int, values: Sequence[float], seconds: float) -> None:
        """Adds the numbers of a step, counted from 1, and how long it took."""
        state = self._state
        if step == state.get("step"):
            return
        if (step - 1) % self._steps_per_epoch == 0:
            state.update(sums=[0.0] * len(state["sums"]), seconds=0.0)
        state["step"] = step
        state["sums"] = [total + value for total, value in zip(state["sums"], values)]
        state["seconds"] += seconds
        state["total"] += seconds

    @property
    def means(self) -> List[float]:
        """The means over an epoch, at its end."""
        return [total / self._steps_per_epoch for total in self._state["sums"]]

    @property
    def seconds(self) -> float:
        """How long the steps of this epoch took."""
        return self._state["seconds"]

    @property
    def total_seconds(self) -> float:
        """How long all steps of the run took."""
        return self._state["total"]


def _check_state(key: str, count: int, state: Any) -> None:
    numbers = state.get("sums") if isinstance(state, dict) else None
    if isinstance(numbers, list) and len(numbers) == count:
        numbers = numbers + [state.get("seconds"), state.get("total"), state.get("step", 0)]
        if all(isinstance(number, (int, float)) for number in numbers):
            return
    raise ValueError(
        "`{}` of the checkpoint's state must have `sums`, a list of numbers ({} of them), "
        "`seconds` and `total`; got {!r}: go on from another checkpoint.".format(key, count, state)
    )
