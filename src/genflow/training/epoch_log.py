"""The console line and the two logs of Glow's reference implementation."""

import os
import time
from typing import Any, Callable, Dict, List, Optional

import numpy as np

from genflow.training.epoch_sums import EpochSums
from genflow.training.report import Report
from genflow.training.run_log import RunLog, read_log

_HEADER = "epoch n_processed n_images ips dtrain dtest dsample dtot train_results test_results msg"
# What the reference implementation calls a metric, ours, and its value without a classifier.
_STATS = (
    ("loss", "loss", 0.0),
    ("bits_x", "bits_per_dim", 0.0),
    ("bits_y", "class_bits", 0.0),
    ("pred_loss", "class_error", 1.0),
)


class EpochLog:
    """An observer of training that writes `train.txt`, `test.txt` and a line on the console.

    The files hold JSON lines: the configuration, then for each epoch, or each evaluation,
    `epoch`, `n_processed`, `n_images`, `loss`, `bits_x`, `bits_y` and `pred_loss`, and in
    `train.txt` also `train_time` in seconds. The line on the console has the same, under the
    heading of the reference implementation, with `ips` images per second and the seconds of
    training, test, samples and all; `*` marks the best model so far. Results are
    `[loss, bits_x, bits_y, pred_loss]`; those of training are means over the epoch, those
    of the test are means over the held-out images.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> log = EpochLog(folder, {"depth": 4}, steps_per_epoch=2, batch_size=8, state={})
        >>> for step in (1, 2):
        ...     log(step, {"loss": 4.0, "bits_per_dim": 4.0}, Report())
        >>> sorted(os.listdir(folder))
        ['test.txt', 'train.txt']

    References:
        Kingma and Dhariwal, Glow, 2018 (reference implementation).
        https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        run_dir: str,
        config: Dict[str, Any],
        steps_per_epoch: int,
        batch_size: int,
        state: Dict[str, Any],
        first_step: Optional[int] = None,
        processed_per_step: Optional[int] = None,
        print_at: Callable[[int], bool] = lambda epoch: False,
        verbose: bool = False,
        write: Callable[[str], None] = print,
    ) -> None:
        """Constructs the log; the files are opened at the first step.

        Args:
            run_dir: Folder of the run.
            config: First line of the files.
            steps_per_epoch: Steps in each epoch.
            batch_size: Images in each step.
            state: Where sums of an unfinished epoch are kept; part of the checkpoint.
            first_step: Steps made before, if a run goes on in its folder; what the files have
                of later ones is dropped. `None` for a new run: files that are there become
                `train.txt.old` and `test.txt.old`.
            processed_per_step: Images in each step as the reference implementation counts
                them, which is at the anchor size; by default `batch_size`.
            print_at: From the number of an epoch to whether it gets a line on the console.
            verbose: Whether every step gets a line.
            write: Prints a line.

        Raises:
            ValueError: If `state` is not what this class leaves there.
        """
        self._steps_per_epoch, self._batch_size = steps_per_epoch, batch_size
        self._processed_per_step = processed_per_step or batch_size
        self._print_at, self._verbose, self._write = print_at, verbose, write
        self._sums = EpochSums("epoch", len(_STATS), steps_per_epoch, state)
        self._run_dir, self._config, self._first_step = run_dir, config, first_step
        self._train, self._test = None, None
        self._before = time.time()
        self._has_header = False

    def __call__(self, step: int, metrics: Dict[str, float], report: Report) -> None:
        """Takes a step.

        Raises:
            ValueError: If a line of a file is not a JSON object; the file stays as it is.
        """
        if self._train is None:
            self._train = self._open("train.txt", step)
            self._test = self._open("test.txt", step)
        reporting = report.evaluation_seconds + report.drawing_seconds
        seconds = time.time() - self._before - reporting
        self._before = time.time()
        stats = _stats(metrics)
        if self._verbose:
            processed = (step - 1) * self._processed_per_step
            self._write("{} {:.3f} {}".format(processed, seconds, _shown(stats)))
        self._sums.add(step, stats, seconds)
        epoch, rest = divmod(step, self._steps_per_epoch)
        if report.results is not None:
            self._test.write(dict(self._counts(step), **_strings(_stats(report.results))))
        if rest == 0:
            self._end(epoch, step, report)

    def _end(self, epoch: int, step: int, report: Report) -> None:
        record = dict(self._counts(step), train_time=int(self._sums.total_seconds))
        self._train.write(dict(record, **_strings(self._sums.means)))
        if self._print_at(epoch) or report.results is not None:
            self._print(step, report)

    def _print(self, step: int, report: Report) -> None:
        if not self._has_header:
            self._write(_HEADER)
            self._has_header = True
        counts, seconds = self._counts(step), self._sums.seconds
        rate = self._steps_per_epoch * self._batch_size / max(seconds, 1e-9)
        times = (seconds, report.evaluation_seconds, report.drawing_seconds)
        train = _shown(self._sums.means)
        test = _shown([] if report.results is None else _stats(report.results))
        self._write(
            "{epoch} {n_processed} {n_images} ".format(**counts)
            + "{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} ".format(rate, *(times + (sum(times),)))
            + "{} {} {}".format(train, test, " *" if report.is_best else "")
        )

    def _counts(self, step: int) -> Dict[str, int]:
        return {
            "epoch": -(-step // self._steps_per_epoch),
            "n_processed": step * self._processed_per_step,
            "n_images": step * self._batch_size,
        }

    def _open(self, name: str, step: int) -> RunLog:
        log = RunLog(os.path.join(self._run_dir, name))
        if self._first_step is None:
            log.set_aside()
        else:
            # The first step that comes may be one that was half logged before the break.
            last = min(self._first_step, step - 1)
            log.rewind(last * self._processed_per_step, "n_processed")
        if not os.path.exists(log.path) or not read_log(log.path):
            log.write(self._config)
        return log


def _stats(metrics: Dict[str, float]) -> List[float]:
    return [float(metrics.get(ours, without)) for _, ours, without in _STATS]


def _strings(stats: List[float]) -> Dict[str, str]:
    return {name: "{:.4f}".format(value) for (name, _, _), value in zip(_STATS, stats)}


def _shown(stats: List[float]) -> str:
    return str(np.round(np.array(stats), 4))
