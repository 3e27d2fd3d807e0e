"""What every run reports, and writes beside its checkpoints."""

import contextlib
import os
import time
from typing import Any, Callable, Dict, Iterator, Optional, Sequence, Union

from tqdm import tqdm

from genflow.optimizers import WeightAverage
from genflow.training.checkpoints import Checkpoints, Session
from genflow.training.meter import Meter
from genflow.training.report import Report
from genflow.training.run_log import RunLog, read_log
from genflow.training.stop_signals import StopSignals
from genflow.training.tensorboard_log import TensorBoardLog
from genflow.training.weight_averages import WeightAverages


class Journal:
    """Reports on a model, and keeps the reports: log, event file, pictures, best checkpoint.

    Subclasses write `_evaluate` and `_draw`, and say what they call the rest.

    Attributes:
        evaluates: Whether there is anything to measure.
    """

    evaluates = True
    # Of the results: what the best checkpoint has the lowest value of. And the picture of the
    # learning curve: what it shows, its file, what of the log it needs any of, and how it is drawn.
    _best_metric = "loss"
    _curve_name, _curve_file = "learning curve", "learning_curve.png"
    _curve_keys: Sequence[str] = ()
    _save_curve: Callable[[str, str], None]

    def __init__(
        self,
        checkpoints: Checkpoints,
        average: Union[WeightAverage, WeightAverages, None],
        use_average: bool,
        show_progress: bool,
        run_dir: Optional[str] = None,
        logs_pictures: bool = True,
    ) -> None:
        """Constructs the journal; nothing is written before it is opened.

        Args:
            checkpoints: Of the run.
            average: Of the weights, if there is one.
            use_average: Whether it is what reports are about.
            show_progress: Whether there are messages and progress bars.
            run_dir: Where the log, the event file and the curve go; by default the folder of the
                checkpoints.
            logs_pictures: Whether the event file has the pictures.
        """
        self._checkpoints, self._average = checkpoints, average
        self._use_average, self._show_progress = use_average, show_progress
        self._run_dir = checkpoints.run_dir if run_dir is None else run_dir
        self._logs_pictures = logs_pictures
        self._log, self._board = None, None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Goes on with the log of a run that goes on, and sets another one aside."""
        self._log = RunLog(os.path.join(self._run_dir, "log.jsonl"))
        if self._checkpoints.goes_on:
            self._log.rewind(self._checkpoints.step)
        else:
            self._log.set_aside()
        self._board = TensorBoardLog(self._run_dir, self._checkpoints.step)
        with contextlib.closing(self._board):
            yield

    def write(self, message: str) -> None:
        """Prints a line, above the progress bar; nothing without `show_progress`."""
        if self._show_progress:
            tqdm.write(message)

    def record(self, step: int, values: Dict[str, Any]) -> None:
        """Logs numbers, and in the file also what goes with them."""
        self._log.write(dict({"step": step}, **values))
        numbers = {n: value for n, value in values.items() if isinstance(value, (int, float))}
        self._board.scalars(step, numbers)

    def report(
        self,
        step: int,
        session: Session,
        meter: Meter,
        stop: StopSignals,
        evaluate: bool = True,
        sample: bool = True,
    ) -> Report:
        """Evaluates and draws what is asked for; the meter leaves out how long that took."""
        evaluate = evaluate and self.evaluates
        if not evaluate and not sample:
            return Report()
        results, pictures, times = None, None, [time.time()]
        with self.chosen_weights(session):
            if evaluate:
                results = self._evaluate(session, stop)
            times.append(time.time())
            if sample:
                pictures = self._draw(step, session, stop)
            times.append(time.time())
        # A signal up to here leaves nothing behind: the report is made again.
        is_best = evaluate and self._keep_best(step, session, results)
        if evaluate:
            self.record(step, {"test_" + name: value for name, value in results.items()})
            self.write("step {}: {}".format(step, self._describe(results)))
        if sample:
            self._show(step, pictures)
        start, evaluated, drawn = times
        keeping = time.time() - drawn
        meter.leave_out(time.time() - start)
        return Report(results, pictures, is_best, evaluated - start + keeping, drawn - evaluated)

    def summary(
        self, step: int, report: Report, session: Session, meter: Meter, stop: StopSignals
    ) -> Dict[str, Any]:
        """What training reached, from its last report: `test_<metric>` and `pictures`."""
        if report.pictures is None or (self.evaluates and report.results is None):
            # Time was up, or it is an old run.
            report = self.report(step, session, meter, stop)
        results = {"test_" + name: value for name, value in (report.results or {}).items()}
        return dict(results, pictures=report.pictures)

    def chosen_weights(self, session: Session, use_average: Optional[bool] = None) -> Any:
        """A context in which the session has the weights that reports are about."""
        use_average = self._use_average if use_average is None else use_average
        return self._average.in_use(session) if use_average else contextlib.nullcontext()

    def _evaluate(self, session: Session, stop: StopSignals) -> Dict[str, Any]:
        raise NotImplementedError("`{}` has no `_evaluate`.".format(type(self).__name__))

    def _draw(self, step: int, session: Session, stop: StopSignals) -> Dict[str, str]:
        raise NotImplementedError("`{}` has no `_draw`.".format(type(self).__name__))

    def _describe(self, results: Dict[str, Any]) -> str:
        """The results in a line."""
        numbers = sorted(item for item in results.items() if isinstance(item[1], float))
        return ", ".join("{} {:.4g}".format(name.replace("_", " "), v) for name, v in numbers)

    def _keep_best(self, step: int, session: Session, results: Dict[str, Any]) -> bool:
        value = results.get(self._best_metric)
        if value is None:
            return False
        return self._checkpoints.save_best(session, step, value, self._kind(results))

    def _kind(self, results: Dict[str, Any]) -> str:
        """How the results were measured: those of another kind cannot be compared with them."""
        return ""

    def _show(self, step: int, pictures: Dict[str, str]) -> None:
        """Adds the learning curve to the pictures, and all of them to the event file."""
        if self._has_curve():
            curve = os.path.join(self._run_dir, self._curve_file)
            pictures[self._curve_name] = curve
            self._save_curve(self._log.path, curve)
        if self._logs_pictures:
            for name, picture in pictures.items():
                self._board.picture(step, name.replace(" ", "_"), picture)

    def _has_curve(self) -> bool:
        """Whether the log has anything of it; a run that went on from its start has not yet."""
        records = read_log(self._log.path) if os.path.exists(self._log.path) else []
        return any(key in record for record in records for key in self._curve_keys)
