"""What a run of a flow writes while it trains, beside its checkpoints."""

import contextlib
import os
import time
from typing import Any, Dict, Optional

from genflow.optimizers import WeightAverage
from genflow.training.checkpoints import Checkpoints, Session
from genflow.training.flow_report import FlowReporter
from genflow.training.journal import Journal
from genflow.training.learning_curve import save_learning_curve
from genflow.training.meter import Meter
from genflow.training.report import Report
from genflow.training.stop_signals import StopSignals


class FlowJournal(Journal):
    """Reports on a flow, and keeps the reports: log, event file, pictures, best checkpoint."""

    def __init__(
        self,
        reporter: FlowReporter,
        checkpoints: Checkpoints,
        average: Optional[WeightAverage],
        use_average: bool,
        show_progress: bool,
    ) -> None:
        """Constructs the journal; nothing is written before it is opened.

        Args:
            reporter: Measures and draws.
            checkpoints: Of the run, in whose folder everything goes.
            average: Of the weights, if there is one.
            use_average: Whether it is what reports are about.
            show_progress: Whether there are messages and progress bars.
        """
        super().__init__(checkpoints, show_progress)
        self._reporter, self._average, self._use_average = reporter, average, use_average

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
        if not evaluate and not sample:
            return Report()
        results, pictures, times = None, None, [time.time()]
        with self.chosen_weights(session):
            if evaluate:
                results = self._reporter.evaluate(session, stop, self._show_progress)
            times.append(time.time())
            if sample:
                pictures = self._reporter.draw(step, session, self._checkpoints.run_dir, stop)
            times.append(time.time())
        # A signal up to here leaves nothing behind: the report is made again.
        is_best = evaluate and self._checkpoints.save_best(session, step, results["loss"])
        if evaluate:
            self.record(step, {"test_" + name: value for name, value in results.items()})
            self.write("step {}: held-out {:.4f} bits/dim".format(step, results["bits_per_dim"]))
        if sample:
            self._show_curve(step, pictures)
        start, evaluated, drawn = times
        keeping = time.time() - drawn
        meter.leave_out(time.time() - start)
        return Report(results, pictures, is_best, evaluated - start + keeping, drawn - evaluated)

    def summary(
        self, step: int, report: Report, session: Session, meter: Meter, stop: StopSignals
    ) -> Dict[str, Any]:
        """What training reached, from its last report: held-out metrics and pictures."""
        if report.results is None or report.pictures is None:  # Time was up, or it is an old run.
            report = self.report(step, session, meter, stop)
        summary = {"test_" + name: value for name, value in report.results.items()}
        if self._average is not None:
            used = report.results["bits_per_dim"]
            with self.chosen_weights(session, not self._use_average):
                other = self._reporter.evaluate(session, stop, self._show_progress)["bits_per_dim"]
            raw, average = (other, used) if self._use_average else (used, other)
            both = {"test_bits_per_dim_raw": raw, "test_bits_per_dim_average": average}
            self.record(step, both)
            summary.update(both)
        return dict(summary, pictures=report.pictures)

    def chosen_weights(self, session: Session, use_average: Optional[bool] = None) -> Any:
        """A context in which the session has the weights that reports are about."""
        use_average = self._use_average if use_average is None else use_average
        return self._average.in_use(session) if use_average else contextlib.nullcontext()

    def _show_curve(self, step: int, pictures: Dict[str, str]) -> None:
        """Adds the learning curve to the pictures, and all of them to TensorBoard."""
        if os.path.exists(self._log.path):
            curve = os.path.join(self._checkpoints.run_dir, "learning_curve.png")
            pictures["learning curve"] = curve
            save_learning_curve(self._log.path, curve)
        self._show(step, pictures)
