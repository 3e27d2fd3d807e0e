"""The console line of `improved_gan_mnist.py`."""

import time
from typing import Any, Callable, Dict

from genflow.training import Report


class UpdateLine:
    """An observer of training that prints the line of the original.

    The seconds are those of the batches since the last line, without evaluation and pictures.
    """

    def __init__(
        self,
        log_step: int,
        batch_size: int,
        batches_per_step: int,
        state: Dict[str, Any],
        write: Callable[[str], None] = print,
    ) -> None:
        """Constructs the observer.

        Args:
            log_step: Steps between lines.
            batch_size: Images in each batch.
            batches_per_step: Batches that a step takes.
            state: Where the last value of everything is kept; part of the checkpoint.
            write: Prints a line.
        """
        self._log_step, self._batch_size, self._write = log_step, batch_size, write
        self._batches_per_step = batches_per_step
        self._start, self._num_timed = time.time(), 0
        self._last: Dict[str, float] = state.setdefault("update_line", {})

    def __call__(self, step: int, metrics: Dict[str, float], report: Report) -> None:
        """Takes a step; where networks take turns, each line has the last of both."""
        self._last.update(metrics)
        self._start += report.evaluation_seconds + report.drawing_seconds
        self._num_timed += self._batches_per_step
        if step % self._log_step:
            return
        seconds = max(time.time() - self._start, 1e-9) / self._num_timed
        values = (
            self._last_value(name)
            for name in ("supervised_loss", "discriminator_loss", "generator_loss", "accuracy")
        )
        self._write(
            "[train step {:4d}] Supervised loss: {} D loss: {} G loss: {} Accuracy: "
            "{} ({:.3f} sec/batch, {:.3f} instances/sec)".format(
                step, *values, seconds, self._batch_size / seconds
            )
        )
        self._start, self._num_timed = time.time(), 0

    def _last_value(self, name: str) -> str:
        """A dash where no update has had it: that of the generator, in --supervised_only."""
        return "{:.5f}".format(self._last[name]) if name in self._last else "-"
