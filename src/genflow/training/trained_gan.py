"""A generator with its weights, outside of training."""

from typing import Optional

import numpy as np

from genflow.training.checkpoints import Session
from genflow.training.gan_graph import GanGraph
from genflow.training.gan_report import Generate
from genflow.training.latent_sweeps import class_columns
from genflow.training.stop_signals import StopSignals


class TrainedGenerator:
    """A generator whose weights are those of a checkpoint; see `GanTrainer.trained`.

    Attributes:
        generate: Yields so many images, of all classes alike, for a seed.
    """

    def __init__(
        self, tensors: GanGraph, session: Session, generate: Generate, stop: StopSignals
    ) -> None:
        """Constructs it."""
        self.generate = generate
        self._tensors, self._session, self._stop = tensors, session, stop

    def __call__(self, z: np.ndarray, labels: Optional[np.ndarray] = None) -> np.ndarray:
        """Images of latents.

        Args:
            z: `[count, z_dim]`.
            labels: `[count]`, the class of each image; by default all classes in turn.

        Returns:
            `[count, height, width, channels]` uint8.

        Raises:
            ValueError: If there are labels but no classes, or another number of them than of
                latents, or one that is no class.
            TrainingStopped: If a signal came.
        """
        self._stop.check()
        return self._tensors.generate(self._session, z, self._labels(z, labels))

    def _labels(self, z: np.ndarray, labels: Optional[np.ndarray]) -> np.ndarray:
        num_classes = self._tensors.num_classes
        if labels is None:
            return class_columns(len(z), num_classes or 1)
        labels = np.asarray(labels)
        if num_classes is None:
            raise ValueError("`labels` must be None, for the generator was trained without.")
        if labels.shape != (len(z),) or not set(labels.tolist()) <= set(range(num_classes)):
            raise ValueError(
                "`labels` must be {} numbers from 0 to {}, one for each latent; got {}.".format(
                    len(z), num_classes - 1, labels
                )
            )
        return labels
