"""A GAN with its weights, outside of training."""

from typing import Iterator, Optional

import numpy as np

from genflow.training.checkpoints import Session
from genflow.training.gan_graph import GanGraph
from genflow.training.gan_report import GanReporter
from genflow.training.latent_sweeps import class_columns
from genflow.training.stop_signals import StopSignals


class TrainedGan:
    """The networks of a GAN as functions of arrays.

    `GanTrainer.trained` gives one with the weights of a checkpoint; `evaluate` and `draw` of
    `GanTrainer` are called with one.
    """

    def __init__(
        self, tensors: GanGraph, reporter: GanReporter, session: Session, stop: StopSignals
    ) -> None:
        """Constructs it."""
        self._tensors, self._reporter = tensors, reporter
        self._session, self._stop = session, stop

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

    def generate(self, count: int, seed: int) -> Iterator[np.ndarray]:
        """Yields so many images in uint8 batches, of all classes alike.

        Args:
            count: How many in all.
            seed: Decides which.

        Raises:
            TrainingStopped: If a signal came.
        """
        return self._reporter.generate(self._session, count, seed, self._stop)

    def judge(self, images: np.ndarray, labels: Optional[np.ndarray] = None) -> np.ndarray:
        """What the discriminator says of images: logits.

        Args:
            images: `[count, height, width, channels]` uint8.
            labels: `[count]`, the class of each image, which a discriminator with classes as its
                context must be told.

        Returns:
            `[count, num_outputs]`.

        Raises:
            ValueError: As for a call.
            TrainingStopped: If a signal came.
        """
        self._stop.check()
        return self._tensors.judge(self._session, images, self._labels(images, labels))

    def _labels(self, values: np.ndarray, labels: Optional[np.ndarray]) -> np.ndarray:
        num_classes = self._tensors.num_classes
        if labels is None:
            return class_columns(len(values), num_classes or 1)
        labels = np.asarray(labels)
        if num_classes is None:
            raise ValueError("`labels` must be None, for the networks were trained without.")
        if labels.shape != (len(values),) or not set(labels.tolist()) <= set(range(num_classes)):
            raise ValueError(
                "`labels` must be {} numbers from 0 to {}, one for each example; got {}.".format(
                    len(values), num_classes - 1, labels
                )
            )
        return labels
