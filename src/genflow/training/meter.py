"""What a person sees while training runs, and what the log keeps of it."""

import time
from typing import Any, Callable, Dict, List, Optional

import numpy as np
from tqdm import tqdm


class Meter:
    """Averages the metrics of training over some steps; shows and records them.

    Averages are over the values that are finite: those of an update that was skipped, because of a
    loss scale, may not be. The values since the last record are kept in `state`, so that a run
    that goes on from a checkpoint records what it would have without the break.
    """

    def __init__(
        self,
        record: Callable[[int, Dict[str, float]], None],
        shown: str,
        unit: str,
        batch_size: int,
        every: int,
        first_step: int,
        num_steps: int,
        state: Dict[str, List[float]],
        show_progress: bool = True,
    ) -> None:
        """Starts the progress bar.

        Args:
            record: Called with the step and the averages by name, with `train_` in front,
                and `images_per_second`.
            shown: Name of the metric in the progress bar.
            unit: Its unit there.
            batch_size: Images in each step.
            every: Steps in each average.
            first_step: Steps made before.
            num_steps: Where training stops.
            state: Values since the last record, by metric; changed in place.
            show_progress: Whether there is a progress bar, if it would be seen on a terminal.
        """
        self.last = {}
        self._record, self._shown, self._unit = record, shown, unit
        self._batch_size, self._every = batch_size, every
        self._values, self._since, self._timed = state, time.time(), 0
        self._bar = tqdm(
            total=num_steps,
            initial=first_step,
            unit="step",
            disable=None if show_progress else True,
        )

    def __call__(self, step: int, metrics: Dict[str, Any]) -> None:
        """Takes the metrics of one step."""
        for name, value in metrics.items():
            values = self._values.setdefault(name, [])
            if np.isfinite(value):
                values.append(float(value))
        self._timed += 1
        self._bar.update(1)
        if step % self._every == 0:
            self._average(step)

    def leave_out(self, seconds: float) -> None:
        """Leaves some time (that of an evaluation, say) out of the rate."""
        self._since += seconds

    def __enter__(self) -> "Meter":
        """The meter itself."""
        return self

    def __exit__(self, *error: Optional[Any]) -> None:
        """Closes the progress bar."""
        self._bar.close()

    def _average(self, step: int) -> None:
        # The rate is that of this process, the averages may reach back before a break.
        rate = self._timed * self._batch_size / max(time.time() - self._since, 1e-9)
        self.last = {"train_" + name: _mean(v) for name, v in sorted(self._values.items())}
        self._record(step, dict(self.last, images_per_second=rate))
        self._bar.set_postfix_str(
            "train {:.3f} {}, {:.0f} images/s".format(
                self.last.get("train_" + self._shown, float("nan")), self._unit, rate
            )
        )
        self._values.clear()
        self._since, self._timed = time.time(), 0


def _mean(values: List[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
