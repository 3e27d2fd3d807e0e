"""What a person sees while training runs, and what the log keeps of it."""

import time
from typing import Any

import numpy as np
from tqdm import tqdm

from genflow.training.run_log import RunLog


class Meter:
    """Averages a training loss over some steps; shows it in a progress bar and logs it."""

    def __init__(
        self,
        log: RunLog,
        name: str,
        unit: str,
        batch_size: int,
        every: int,
        first_step: int,
        num_steps: int,
        show_progress: bool,
    ) -> None:
        """Starts the progress bar.

        Args:
            log: Where the averages go.
            name: Name of the loss in the log; `train_` is put in front.
            unit: Unit of the loss in the progress bar.
            batch_size: Images in each step.
            every: Steps in each average.
            first_step: Steps made before.
            num_steps: Where training stops.
            show_progress: Whether there is a progress bar.
        """
        self.last_mean = None
        self._log, self._key, self._unit = log, "train_" + name, unit
        self._batch_size, self._every = batch_size, every
        self._losses, self._since = [], time.time()
        self._bar = tqdm(
            total=num_steps, initial=first_step, unit="step", disable=not show_progress
        )

    def __call__(self, step: int, loss: float) -> None:
        """Takes the loss of one step."""
        self._losses.append(float(loss))
        self._bar.update(1)
        if step % self._every == 0:
            self._average(step)

    def leave_out(self, seconds: float) -> None:
        """Leaves some time (that of an evaluation, say) out of the rate."""
        self._since += seconds

    def write(self, message: str) -> None:
        """Prints a line above the progress bar."""
        if not self._bar.disable:
            self._bar.write(message)

    def __enter__(self) -> "Meter":
        """The meter itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Closes the progress bar."""
        self._bar.close()

    def _average(self, step: int) -> None:
        rate = len(self._losses) * self._batch_size / max(time.time() - self._since, 1e-9)
        self.last_mean = float(np.mean(self._losses))
        self._log.write({"step": step, self._key: self.last_mean, "images_per_second": rate})
        self._bar.set_postfix_str(
            "train {:.3f} {}, {:.0f} images/s".format(self.last_mean, self._unit, rate)
        )
        self._losses, self._since = [], time.time()
