"""What is measured and drawn of a flow while it trains."""

import os
from typing import Dict, List, Optional, Sequence

import numpy as np
import tree
from tqdm import tqdm

from genflow.data import ImageSet, epoch_batches
from genflow.training.checkpoints import Session
from genflow.training.flow_graph import FlowGraph, mean_over
from genflow.training.images import cut_into_rows, save_labelled_rows, save_tiles
from genflow.training.stop_signals import StopSignals

NUM_COLUMNS = 10
_NUM_TILES = 4 * NUM_COLUMNS
# Those of Glow's reference implementation.
TEMPERATURES = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class FlowReporter:
    """Evaluates a flow on held-out images, and draws samples and reconstructions."""

    def __init__(
        self,
        tensors: FlowGraph,
        test_set: ImageSet,
        batch_size: int,
        sample_batch_size: Optional[int] = None,
    ) -> None:
        """Constructs the reporter.

        Args:
            tensors: The graph.
            test_set: Held-out images.
            batch_size: Images in each batch of the evaluation.
            sample_batch_size: Images decoded at once when sampling; by default all.
        """
        self._tensors, self._test_set = tensors, test_set
        self._batch_size, self._sample_batch_size = batch_size, sample_batch_size

    def evaluate(
        self, session: Session, stop: StopSignals, show_progress: bool = False
    ) -> Dict[str, float]:
        """Means over all held-out images, with the same noise at every call."""
        results = []
        batches = epoch_batches(self._test_set, self._batch_size)
        count = -(-len(self._test_set) // self._batch_size)
        bar = tqdm(
            batches,
            "held out",
            count,
            leave=False,
            unit="batch",
            disable=None if show_progress else True,
        )
        for index, (images, labels) in enumerate(bar):
            stop.check()
            feed = self._tensors.feed(images, labels, "evaluate", index)
            results.append(session.run(self._tensors.per_image, feed))
        return mean_over(results)

    def draw(self, step: int, session: Session, run_dir: str, stop: StopSignals) -> Dict[str, str]:
        """Saves the pictures; returns their paths by what they show."""
        samples = os.path.join(run_dir, "samples_{:06d}.png".format(step))
        rows, labels = [], []
        for temperature in TEMPERATURES:
            stop.check()
            block = _in_rows(self.sample(session, temperature))
            rows += block
            labels += ["T = {:g}".format(temperature)] + [""] * (len(block) - 1)
        save_labelled_rows(samples, rows, labels, "samples, step {}".format(step))
        reconstructions = os.path.join(run_dir, "reconstructions_{:06d}.png".format(step))
        save_labelled_rows(
            reconstructions, self._reconstruct(session), ["held out", "decoded"], "reconstructions"
        )
        tiles = os.path.join(run_dir, "bits_per_dim_{:06d}.png".format(step))
        self._draw_tiles(step, session, tiles, stop)
        return {
            "sample grid": samples,
            "reconstructions": reconstructions,
            "bits per dim": tiles,
        }

    def sample(self, session: Session, temperature: float) -> np.ndarray:
        """Samples as uint8 images, from the same random numbers at every temperature."""
        latents = self._tensors.draw_latents(session, temperature)
        labels = self._tensors.sample_labels
        size = self._sample_batch_size or len(labels)
        images = []
        for first in range(0, len(labels), size):
            part = tree.map_structure(lambda leaf: leaf[first : first + size], latents)  # noqa: B023
            images.append(self._tensors.decode(session, part, labels[first : first + size]))
        return np.concatenate(images)

    def _reconstruct(self, session: Session) -> Sequence[np.ndarray]:
        images, labels = self._test_set.read(np.arange(min(NUM_COLUMNS, len(self._test_set))))
        feed = self._tensors.feed(images, labels, "reconstruct")
        return [images, session.run(self._tensors.reconstructions, feed)]

    def _draw_tiles(self, step: int, session: Session, path: str, stop: StopSignals) -> None:
        """Held-out images in the order of their bits/dim, with the same noise at every call."""
        shown = self._test_set.take(min(_NUM_TILES, len(self._test_set)))
        images, bits = [], []
        for index, (batch, labels) in enumerate(epoch_batches(shown, self._batch_size)):
            stop.check()
            feed = self._tensors.feed(batch, labels, "tiles", index)
            images.append(batch)
            bits.append(session.run(self._tensors.per_image["bits_per_dim"], feed))
        images, bits = np.concatenate(images), np.concatenate(bits)
        order = np.argsort(bits, kind="mergesort")
        save_tiles(
            path,
            images[order],
            ["{:.2f}".format(value) for value in bits[order]],
            "held-out images by their bits/dim, step {}\nlow: what the model finds likely".format(
                step
            ),
            min(NUM_COLUMNS, len(images)),
        )


def _in_rows(images: np.ndarray) -> List[np.ndarray]:
    """Cuts images into rows of ten at most, as even as can be; what is missing is white."""
    num_rows = -(-len(images) // NUM_COLUMNS)
    return cut_into_rows(images, -(-len(images) // num_rows))
