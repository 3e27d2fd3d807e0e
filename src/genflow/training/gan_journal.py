"""What a run of a GAN writes while it trains, beside its checkpoints."""

import contextlib
import os
import time
from typing import Any, Callable, Dict, Iterator, Optional

import numpy as np

from genflow.optimizers import WeightAverage
from genflow.training.checkpoints import Checkpoints, Session
from genflow.training.gan_curve import save_gan_curves
from genflow.training.gan_report import GanReporter, Generate
from genflow.training.journal import Journal
from genflow.training.meter import Meter
from genflow.training.report import Report
from genflow.training.stop_signals import StopSignals

# From a way to generate images to what is measured of them.
Evaluate = Callable[[Generate], Dict[str, Any]]


class GanJournal(Journal):
    """Reports on a GAN, and keeps the reports: log, event file, pictures, best checkpoint."""

    def __init__(
        self,
        reporter: GanReporter,
        checkpoints: Checkpoints,
        average: Optional[WeightAverage],
        run_dir: str,
        sample_dir: str,
        evaluate: Optional[Evaluate],
        logs_pictures: bool,
        show_progress: bool,
    ) -> None:
        """Constructs the journal; nothing is written before it is opened.

        Args:
            reporter: Draws and generates.
            checkpoints: Of the run.
            average: Of the generator's weights, which reports are about if there is one.
            run_dir: Where the log, the event file and the curves go.
            sample_dir: Where the sample grids go.
            evaluate: Measures generated images; a run whose results have an `fid` keeps the
                checkpoint with the lowest one.
            logs_pictures: Whether the event file has the pictures.
            show_progress: Whether there are messages and progress bars.
        """
        super().__init__(checkpoints, show_progress, run_dir)
        self._reporter, self._average, self._evaluate = reporter, average, evaluate
        self._sample_dir, self._logs_pictures = sample_dir, logs_pictures

    def report(
        self,
        step: int,
        session: Session,
        meter: Meter,
        stop: StopSignals,
        evaluate: bool = True,
        sample: bool = True,
    ) -> Report:
        """Measures and draws what is asked for; the meter leaves out how long that took."""
        evaluate = evaluate and self._evaluate is not None
        if not evaluate and not sample:
            return Report()
        results, pictures, times = None, None, [time.time()]
        with self.chosen_weights(session):
            if evaluate:
                results = self._evaluate(self.generate(session, stop))
            times.append(time.time())
            if sample:
                pictures = self._reporter.draw(step, session, self._sample_dir, stop)
            times.append(time.time())
        # A signal up to here leaves nothing behind: the report is made again.
        is_best = evaluate and "fid" in results
        is_best = is_best and self._checkpoints.save_best(session, step, results["fid"])
        if evaluate:
            self.record(step, {"test_" + name: value for name, value in results.items()})
            self.write("step {}: {}".format(step, describe(results)))
        if sample:
            self._show_curves(step, pictures)
        start, evaluated, drawn = times
        keeping = time.time() - drawn
        meter.leave_out(time.time() - start)
        return Report(results, pictures, is_best, evaluated - start + keeping, drawn - evaluated)

    def generate(self, session: Session, stop: StopSignals) -> Generate:
        """A function that generates images in the session."""

        def generate(count: int, seed: int) -> Iterator[np.ndarray]:
            return self._reporter.generate(session, count, seed, stop)

        return generate

    def chosen_weights(self, session: Session) -> Any:
        """A context in which the generator has the weights that reports are about."""
        return contextlib.nullcontext() if self._average is None else self._average.in_use(session)

    def _show_curves(self, step: int, pictures: Dict[str, str]) -> None:
        """Adds the curves to the pictures, and all of them to the event file."""
        if os.path.exists(self._log.path):
            curves = os.path.join(self._run_dir, "learning_curves.png")
            pictures["learning curves"] = curves
            save_gan_curves(self._log.path, curves)
        if self._logs_pictures:
            self._show(step, pictures)


def describe(results: Dict[str, Any]) -> str:
    """The numbers of an evaluation in a line."""
    numbers = sorted((name, value) for name, value in results.items() if isinstance(value, float))
    return ", ".join("{} {:.4g}".format(name.replace("_", " "), value) for name, value in numbers)
