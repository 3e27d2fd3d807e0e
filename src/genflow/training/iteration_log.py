"""The console line and the file of held-out values of RealNVP's reference implementation."""

import os
import time
from typing import Any, Callable, Dict, List, Optional

import numpy as np

from genflow.training.epoch_sums import EpochSums
from genflow.training.report import Report
from genflow.training.run_log import RunLog
from genflow.whole_file import whole_file

_KEY = "test_bpd"


class IterationLog:
    """An observer of training that writes `test_bpd_<data_set>.npz` and a line on the console.

    Both after each epoch. The line is

        Iteration 0, time = 12s, train bits_per_dim = 5.2903, test bits_per_dim = 4.9871

    where an iteration is an epoch, counted from 0, its time is that of training and
    evaluation, for the first one since the log was made, and the value of training is the
    mean over its steps. The file has the array `test_bpd`: the held-out bits/dim after every
    epoch so far. Of an epoch after which nothing was evaluated, the line lacks the last part
    and the array has NaN.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> log = IterationLog(folder, "cifar", steps_per_epoch=2, state={})
        >>> log(1, {"bits_per_dim": 4.5}, Report())
        >>> log(2, {"bits_per_dim": 4.0}, Report(results={"bits_per_dim": 4.25}))
        Iteration 0, time = 0s, train bits_per_dim = 4.2500, test bits_per_dim = 4.2500
        >>> np.load(os.path.join(folder, "test_bpd_cifar.npz"))["test_bpd"].shape
        (1,)

    References:
        Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2016.
        https://arxiv.org/abs/1605.08803
    """

    def __init__(
        self,
        run_dir: str,
        data_set: str,
        steps_per_epoch: int,
        state: Dict[str, Any],
        write: Callable[[str], None] = print,
    ) -> None:
        """Constructs the log; the file is written at the end of an epoch.

        Args:
            run_dir: Folder of the run.
            data_set: In the name of the file.
            steps_per_epoch: Steps in each epoch.
            state: Where the sums of an unfinished epoch and the held-out values are kept;
                part of the checkpoint. If there are none yet, a file that is there is not of
                this run and becomes `test_bpd_<data_set>.npz.old`.
            write: Prints a line.

        Raises:
            ValueError: If `state` is not what this class leaves there.
        """
        self._path = os.path.join(run_dir, "test_bpd_{}.npz".format(data_set))
        self._steps_per_epoch, self._write = steps_per_epoch, write
        self._sums = EpochSums("iteration", 1, steps_per_epoch, state)
        self._results = _results(state.setdefault(_KEY, {"results": []}))
        self._is_new = not self._results
        self._before = time.time()

    def __call__(self, step: int, metrics: Dict[str, float], report: Report) -> None:
        """Takes a step."""
        seconds = time.time() - self._before - report.drawing_seconds
        self._before = time.time()
        self._sums.add(step, [float(metrics["bits_per_dim"])], seconds)
        epochs, rest = divmod(step, self._steps_per_epoch)
        if rest == 0:
            self._end(epochs - 1, report)

    def _end(self, epoch: int, report: Report) -> None:
        line = "Iteration {}, time = {}s, train bits_per_dim = {:.4f}".format(
            epoch, int(self._sums.seconds), *self._sums.means
        )
        result = None
        if report.results is not None:
            result = float(report.results["bits_per_dim"])
            line += ", test bits_per_dim = {:.4f}".format(result)
        # In its place, for this may be the second time that this epoch ends.
        self._results.extend([None] * (epoch - len(self._results)))
        self._results[epoch:] = [result]
        self._save()
        self._write(line)

    def _save(self) -> None:
        if self._is_new:
            RunLog(self._path).set_aside()
            self._is_new = False
        with whole_file(self._path, "wb") as file:
            np.savez(file, **{_KEY: np.array(self._results, np.float64)})


def _results(state: Any) -> List[Optional[float]]:
    """The held-out values of a checkpoint; refuses what is none of them."""
    results = state.get("results") if isinstance(state, dict) else None
    if isinstance(results, list) and all(
        result is None or isinstance(result, (int, float)) for result in results
    ):
        return results
    raise ValueError(
        "`{}` of the checkpoint's state must have `results`, a list of numbers; got {!r}: go on "
        "from another checkpoint.".format(_KEY, state)
    )
