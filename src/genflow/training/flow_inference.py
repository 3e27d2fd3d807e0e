"""Encoding a whole set of images, and decoding it again."""

from typing import Any, Dict

import numpy as np
import tree

from genflow.data import ImageSet, epoch_batches
from genflow.training.checkpoints import Session
from genflow.training.flow_graph import FlowGraph, mean_over
from genflow.training.stop_signals import StopSignals
from genflow.whole_file import whole_file


def save_encoding(
    path: str,
    tensors: FlowGraph,
    session: Session,
    image_set: ImageSet,
    batch_size: int,
    stop: StopSignals,
) -> Dict[str, Any]:
    """Encodes and decodes images, and writes both into an `.npz` file.

    The file has `images` and `labels`, the latents `z0`, `z1`, ... with the finest first, the
    decoded images as `decoded`, each metric of every image (such as `bits_per_dim`), and
    `predictions` of the class if the model has a classifier. All of it is held in memory.

    Args:
        path: File to write. It is replaced only when the new one is complete.
        tensors: The graph.
        session: With the weights.
        image_set: What to encode.
        batch_size: Images in each batch.
        stop: Asked between batches whether to stop.

    Returns:
        `test_<metric>` for all metrics and `max_difference`, the largest difference between
        a pixel value and what became of it.
    """
    fetches = dict(tensors.per_image, decoded=tensors.reconstructions)
    for index, latent in enumerate(tree.flatten(tensors.latents)):
        fetches["z{}".format(index)] = latent
    if "classifier" in tensors.modules:
        fetches["predictions"] = tensors.predictions
    batches = []
    for index, (images, labels) in enumerate(epoch_batches(image_set, batch_size)):
        stop.check()
        fetched = session.run(fetches, tensors.feed(images, labels, "evaluate", index))
        batches.append(dict(fetched, images=images, labels=labels))
    arrays = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    with whole_file(path, "wb") as file:
        np.savez(file, **arrays)
    means = mean_over([{name: batch[name] for name in tensors.per_image} for batch in batches])
    difference = np.abs(arrays["decoded"].astype(int) - arrays["images"].astype(int)).max()
    summary = {"test_" + name: value for name, value in means.items()}
    return dict(summary, max_difference=int(difference), path=path, num_images=len(image_set))
