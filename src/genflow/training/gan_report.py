"""What is drawn and measured of a GAN while it trains."""

import os
from typing import Callable, Dict, Iterable, Iterator

import numpy as np

from genflow.training.checkpoints import Session
from genflow.training.gan_graph import GanGraph
from genflow.training.images import cut_into_rows, save_labelled_rows
from genflow.training.latent_sweeps import class_columns
from genflow.training.stop_signals import StopSignals

# Makes so many images, in uint8 batches, from random numbers of its own for every seed.
Generate = Callable[[int, int], Iterator[np.ndarray]]

_NUM_COLUMNS = 10
_MOST_PIXELS = 2000  # In the width of a picture.


class GanReporter:
    """Draws what a generator makes of the same latents, and generates images to be measured."""

    def __init__(
        self, tensors: GanGraph, num_samples: int, num_classes: int, batch_size: int
    ) -> None:
        """Constructs the reporter.

        Args:
            tensors: The graph.
            num_samples: Images in a sample grid; 0 for no grid.
            num_classes: Columns of a class each; 1 for a model without classes.
            batch_size: Images generated at once.
        """
        self._tensors, self._num_samples = tensors, num_samples
        self._num_classes, self._batch_size = num_classes, batch_size

    def draw(self, step: int, session: Session, folder: str, stop: StopSignals) -> Dict[str, str]:
        """Saves the sample grid, if there is to be one; returns its path by what it shows."""
        if not self._num_samples:
            return {}
        path = os.path.join(folder, "train_{:08d}.png".format(step))
        z = self._tensors.latents(session, self._num_samples, "samples")
        parts = np.array_split(z, range(self._batch_size, len(z), self._batch_size))
        images = np.concatenate(list(self._generate(session, parts, stop)))
        save_samples(path, images, self._num_classes, "step {}".format(step))
        return {"sample grid": path}

    def generate(
        self, session: Session, count: int, seed: int, stop: StopSignals
    ) -> Iterator[np.ndarray]:
        """Yields so many images in batches, of all classes alike."""
        purpose, sizes = "generate/{}".format(seed), range(count, 0, -self._batch_size)
        parts = (
            self._tensors.latents(session, min(self._batch_size, left), purpose, index)
            for index, left in enumerate(sizes)
        )
        return self._generate(session, parts, stop)

    def _generate(
        self, session: Session, parts: Iterable[np.ndarray], stop: StopSignals
    ) -> Iterator[np.ndarray]:
        """Images of batches of latents, whose classes are 0, 1, 2 ... in turn."""
        made = 0
        for z in parts:
            stop.check()
            labels = class_columns(made + len(z), self._num_classes)[made:]
            made += len(z)
            yield self._tensors.generate(session, z, labels)


def save_samples(path: str, images: np.ndarray, num_classes: int, title: str) -> None:
    """Saves samples in rows; with classes every column is one of them.

    Args:
        path: PNG file to write.
        images: `[count, height, width, channels]` uint8, whose classes are 0, 1, 2 ... in turn.
        num_classes: How many there are; 1 for none.
        title: Above the picture.
    """
    if num_classes > 1:
        columns = num_classes
        title += ", columns: classes 0 to {}".format(num_classes - 1)
    else:
        columns = _columns(len(images))
    rows = cut_into_rows(images, min(columns, len(images)))
    width = columns * images.shape[2]
    zoom = 2.0 if 2 * width <= _MOST_PIXELS else max(_MOST_PIXELS / width, 0.1)
    save_labelled_rows(path, rows, [""] * len(rows), title, zoom)


def _columns(count: int) -> int:
    """As many as make the grid square, and ten or more of many."""
    return max(min(count, _NUM_COLUMNS), int(np.ceil(np.sqrt(count))))
