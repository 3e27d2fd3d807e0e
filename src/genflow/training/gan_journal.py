"""What a run of a GAN reports, and writes beside its checkpoints."""

from typing import Any, Callable, Dict, Iterator, Optional

import numpy as np

from genflow.optimizers import WeightAverage
from genflow.training.checkpoints import Checkpoints, Session
from genflow.training.gan_curve import CURVE_KEYS, save_gan_curves
from genflow.training.gan_report import GanReporter, Generate
from genflow.training.journal import Journal
from genflow.training.stop_signals import StopSignals

# From a way to generate images to what is measured of them.
Evaluate = Callable[[Generate], Dict[str, Any]]


class GanJournal(Journal):
    """The journal of a GAN: sample grids, and what is measured of generated images.

    It is about the average of the generator's weights, if there is one.
    """

    _best_metric = "fid"
    _curve_name, _curve_file = "learning curves", "learning_curves.png"
    _curve_keys = CURVE_KEYS
    _save_curve = staticmethod(save_gan_curves)

    def __init__(
        self,
        reporter: GanReporter,
        checkpoints: Checkpoints,
        average: Optional[WeightAverage],
        show_progress: bool,
        run_dir: str,
        sample_dir: str,
        evaluate: Optional[Evaluate],
        logs_pictures: bool,
    ) -> None:
        """Constructs the journal; nothing is written before it is opened.

        Args:
            reporter: Draws and generates.
            checkpoints: Of the run.
            average: Of the generator's weights, if there is one.
            show_progress: Whether there are messages and progress bars.
            run_dir: Where the log, the event file and the curves go.
            sample_dir: Where the sample grids go.
            evaluate: Measures generated images; a run whose results have an `fid` keeps the
                checkpoint with the lowest one.
            logs_pictures: Whether the event file has the pictures.
        """
        use_average = average is not None
        super().__init__(checkpoints, average, use_average, show_progress, run_dir, logs_pictures)
        self._reporter, self._sample_dir, self._measure = reporter, sample_dir, evaluate
        self.evaluates = evaluate is not None

    def generate(self, session: Session, stop: StopSignals) -> Generate:
        """A function that generates images in the session."""

        def generate(count: int, seed: int) -> Iterator[np.ndarray]:
            return self._reporter.generate(session, count, seed, stop)

        return generate

    def _evaluate(self, session: Session, stop: StopSignals) -> Dict[str, Any]:
        return self._measure(self.generate(session, stop))

    def _draw(self, step: int, session: Session, stop: StopSignals) -> Dict[str, str]:
        return self._reporter.draw(step, session, self._sample_dir, stop)

    def _kind(self, results: Dict[str, Any]) -> str:
        names = ("extractor_sha256", "num_fake", "num_real")
        return "/".join(str(results[name]) for name in names if name in results)
