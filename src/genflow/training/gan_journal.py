"""What a run of a GAN reports, and writes beside its checkpoints."""

from typing import Any, Callable, Dict, Optional

from genflow.training.checkpoints import Checkpoints, Session
from genflow.training.gan_curve import CURVE_KEYS, save_gan_curves
from genflow.training.gan_graph import GanGraph
from genflow.training.gan_report import GanReporter
from genflow.training.journal import Journal
from genflow.training.stop_signals import StopSignals
from genflow.training.trained_gan import TrainedGan

# From a GAN to what is measured of it.
Evaluate = Callable[[TrainedGan], Dict[str, Any]]
# From a GAN, the step and a folder to the paths of pictures by what they show.
Draw = Callable[[TrainedGan, int, str], Dict[str, str]]


class GanJournal(Journal):
    """The journal of a GAN: sample grids, and what is measured of it.

    It is about the averages of the weights, of the network that has one.
    """

    _curve_name, _curve_file = "learning curves", "learning_curves.png"
    _curve_keys = CURVE_KEYS
    _save_curve = staticmethod(save_gan_curves)

    def __init__(
        self,
        tensors: GanGraph,
        reporter: GanReporter,
        checkpoints: Checkpoints,
        show_progress: bool,
        run_dir: str,
        sample_dir: str,
        evaluate: Optional[Evaluate],
        best_metric: str,
        draw: Optional[Draw],
        logs_pictures: bool,
    ) -> None:
        """Constructs the journal; nothing is written before it is opened.

        Args:
            tensors: The graph.
            reporter: Draws and generates.
            checkpoints: Of the run.
            show_progress: Whether there are messages and progress bars.
            run_dir: Where the log, the event file and the curves go.
            sample_dir: Where the sample grids go.
            evaluate: Measures the GAN.
            best_metric: A run whose results have it keeps the checkpoint with the lowest one.
            draw: Draws more than samples.
            logs_pictures: Whether the event file has the pictures.
        """
        average = tensors.averages
        super().__init__(
            checkpoints, average, len(average) > 0, show_progress, run_dir, logs_pictures
        )
        self._tensors, self._reporter, self._sample_dir = tensors, reporter, sample_dir
        self._measure, self._best_metric, self._draw_more = evaluate, best_metric, draw
        self.evaluates = evaluate is not None

    def gan(self, session: Session, stop: StopSignals) -> TrainedGan:
        """The networks, with the weights that the session has."""
        return TrainedGan(self._tensors, self._reporter, session, stop)

    def measure(self, session: Session, stop: StopSignals) -> Dict[str, Any]:
        """What is measured with the weights that the session has."""
        return self._measure(self.gan(session, stop))

    def _evaluate(self, session: Session, stop: StopSignals) -> Dict[str, Any]:
        return self.measure(session, stop)

    def _draw(self, step: int, session: Session, stop: StopSignals) -> Dict[str, str]:
        pictures = self._reporter.draw(step, session, self._sample_dir, stop)
        if self._draw_more is not None:
            pictures.update(self._draw_more(self.gan(session, stop), step, self._sample_dir))
        return pictures

    def _kind(self, results: Dict[str, Any]) -> str:
        names = ("extractor_sha256", "num_fake", "num_real")
        return "/".join(str(results[name]) for name in names if name in results)
