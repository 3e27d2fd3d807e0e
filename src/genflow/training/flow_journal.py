"""What a run of a flow reports, and writes beside its checkpoints."""

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
    """The journal of a flow: held-out metrics, samples, reconstructions."""

    _curve_keys = ("train_bits_per_dim", "test_bits_per_dim")
    _save_curve = staticmethod(save_learning_curve)

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
        super().__init__(checkpoints, average, use_average, show_progress)
        self._reporter = reporter

    def summary(
        self, step: int, report: Report, session: Session, meter: Meter, stop: StopSignals
    ) -> Dict[str, Any]:
        """What training reached; if there is an average of the weights, with and without it."""
        summary = super().summary(step, report, session, meter, stop)
        if self._average is None:
            return summary
        used = summary["test_bits_per_dim"]
        with self.chosen_weights(session, not self._use_average):
            other = self._evaluate(session, stop)["bits_per_dim"]
        raw, average = (other, used) if self._use_average else (used, other)
        both = {"test_bits_per_dim_raw": raw, "test_bits_per_dim_average": average}
        self.record(step, both)
        return dict(summary, **both)

    def _evaluate(self, session: Session, stop: StopSignals) -> Dict[str, float]:
        return self._reporter.evaluate(session, stop, self._show_progress)

    def _draw(self, step: int, session: Session, stop: StopSignals) -> Dict[str, str]:
        return self._reporter.draw(step, session, self._run_dir, stop)

    def _describe(self, results: Dict[str, float]) -> str:
        return "held-out {:.4f} bits/dim".format(results["bits_per_dim"])
