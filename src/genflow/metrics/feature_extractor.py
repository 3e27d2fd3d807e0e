"""Features of images, from a frozen graph."""

import os
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Tuple

import numpy as np
import tensorflow.compat.v2 as tf
from scipy.special import softmax

from genflow.core.checks import check_positive_integer
from genflow.export import FrozenGraph
from genflow.metrics.scaled_pixels import scaled_pixels

_IMAGES, _FEATURES, _PROBABILITIES, _LOGITS = "images", "features", "probabilities", "logits"


class Extracted(NamedTuple):
    """What an extractor finds in a batch of images.

    Attributes:
        features: `[batch, dimension]`.
        probabilities: `[batch, classes]`, or `None` if the extractor knows no classes.
    """

    features: np.ndarray
    probabilities: Optional[np.ndarray]


class FeatureExtractor:
    """A frozen graph from images to features, with the scaling that it needs before it.

    The graph has the input `images`, `[None, height, width, channels]` of a floating type,
    and the output `features`, `[None, dimension]`; for the inception score one of the
    outputs `probabilities` and `logits`, too. Its manifest has the field

        value_range     what 0 and 255 become, such as [-1, 1]

    and may have

        resize          true: images of other sides are resized (bilinearly, and blurred
                        where they shrink)
        name            what reports call it
        test_accuracy   of its classes

    `train_classifier` makes such a graph, and `save_frozen_graph` makes one of any other
    network, say of an Inception network that somebody has downloaded.

    Attributes:
        name: From the manifest, else from the path.
        sha256: Of the graph's file; it belongs beside every number that comes from it.
        accuracy: The `test_accuracy` of the manifest, or `None`.
        path: The graph's file.

    Example:
        >>> import tempfile
        >>> from genflow.export import save_frozen_graph
        >>> path = os.path.join(tempfile.mkdtemp(), "means.pb")
        >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        ...     x = tf.compat.v1.placeholder(tf.float32, [None, 8, 8, 3])
        ...     outputs = {"features": tf.reduce_mean(x, axis=[1, 2])}
        ...     manifest = {"value_range": [-1, 1]}
        ...     sha256 = save_frozen_graph(path, session, {"images": x}, outputs, manifest)
        >>> extract = FeatureExtractor(FrozenGraph(path))
        >>> extract(np.zeros([5, 8, 8, 3], np.uint8)).features.shape, extract.name
        ((5, 3), 'means')
    """

    def __init__(
        self, graph: FrozenGraph, batch_size: int = 256, show_progress: bool = True
    ) -> None:
        """Constructs the extractor.

        Args:
            graph: See above.
            batch_size: How many images are computed at once.
            show_progress: Whether `of_batches` shows a progress bar, if it would be seen on a
                terminal.

        Raises:
            ValueError: If the graph or its manifest is not as above.
        """
        check_positive_integer(batch_size, "batch_size")
        self._graph, self._batch_size, self._show_progress = graph, batch_size, show_progress
        self._image_shape = _image_shape(graph)
        _check_outputs(graph)
        self._value_range = _value_range(graph)
        self._resize = graph.manifest.get("resize", False)
        if not isinstance(self._resize, bool):
            raise ValueError(  # noqa: TRY004 - a bad file, not a bad argument
                "The manifest of {} must have true or false as `resize`; got {!r}.".format(
                    graph.path, self._resize
                )
            )
        own_name = os.path.splitext(os.path.basename(graph.path))[0]
        self.path, self.sha256 = graph.path, graph.sha256
        self.name = str(graph.manifest.get("name", own_name))
        self.accuracy = graph.manifest.get("test_accuracy")

    def __call__(self, images: np.ndarray) -> Extracted:
        """Features of images.

        Args:
            images: `[count, height, width, channels]` uint8; at least one.

        Returns:
            Their features, and the probabilities of the classes.

        Raises:
            ValueError: If `images` has another type or shape.
        """
        images = np.asarray(images)
        self._check_images(images)
        parts = [
            self._graph(images=self._prepared(images[first : first + self._batch_size]))
            for first in range(0, len(images), self._batch_size)
        ]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        probabilities = joined.get(_PROBABILITIES)
        if probabilities is None and _LOGITS in joined:
            probabilities = softmax(joined[_LOGITS].astype(np.float64), axis=1)
        return Extracted(joined[_FEATURES], probabilities)

    def of_batches(
        self, batches: Iterable[np.ndarray], description: str = "features"
    ) -> Iterator[Extracted]:
        """Features of batches of images, as they come, with a progress bar.

        Args:
            batches: Batches as for a call; their sizes may differ.
            description: What the progress bar is called.

        Returns:
            An iterator over what is found in each batch.
        """
        from tqdm import tqdm  # Not at the top: it is wanted here only.

        disable = None if self._show_progress else True
        with tqdm(desc=description, unit="image", leave=False, disable=disable) as bar:
            for images in batches:
                yield self(images)
                bar.update(len(images))

    def _check_images(self, images: np.ndarray) -> None:
        if images.dtype != np.uint8 or images.ndim != 4:
            raise ValueError(
                "`images` must be uint8 [count, height, width, channels]; got {} of shape "
                "{}.".format(images.dtype, images.shape)
            )
        if not len(images):
            raise ValueError("`images` must hold at least one image; got none.")
        found = images.shape[1:]
        if found == self._image_shape or (self._resize and found[2] == self._image_shape[2]):
            return
        remedy = "resize them, or set `resize` in its manifest"
        if found[2] != self._image_shape[2]:
            remedy = "take one for such images (gray ones get three channels by `tile_channels`)"
        raise ValueError(
            "The extractor {} takes images of {}; got {}: {}.".format(
                self.name, _sides(self._image_shape), _sides(found), remedy
            )
        )

    def _prepared(self, images: np.ndarray) -> np.ndarray:
        if images.shape[1:] != self._image_shape:
            images = np.stack([_resized(image, self._image_shape) for image in images])
        return scaled_pixels(images, self._value_range)


def _image_shape(graph: FrozenGraph) -> Tuple[int, int, int]:
    if list(graph.inputs) != [_IMAGES]:
        raise ValueError(
            "{} must take `images` and nothing else; it takes {}.".format(
                graph.path, ", ".join(graph.inputs) or "nothing"
            )
        )
    spec, shape = graph.inputs[_IMAGES], _shape(graph.inputs[_IMAGES])
    if not spec.dtype.is_floating or shape is None or len(shape) != 4 or None in shape[1:]:
        raise ValueError(
            "{} must take `images` of a floating type and the shape [None, height, width, "
            "channels]; got {} of shape {}.".format(graph.path, spec.dtype.name, shape)
        )
    return shape[1:]


def _check_outputs(graph: FrozenGraph) -> None:
    if _FEATURES not in graph.outputs:
        raise ValueError(
            "{} must have the output `features`; it has {}.".format(
                graph.path, ", ".join(sorted(graph.outputs))
            )
        )
    for name in (_FEATURES, _PROBABILITIES, _LOGITS):
        shape = _shape(graph.outputs[name]) if name in graph.outputs else (None, None)
        if shape is None or len(shape) != 2:
            raise ValueError(
                "`{}` of {} must have the shape [None, dimension]; got {}: flatten it before it "
                "is frozen.".format(name, graph.path, shape)
            )


def _shape(spec: tf.TensorSpec) -> Optional[Tuple[Optional[int], ...]]:
    return None if spec.shape.rank is None else tuple(spec.shape.as_list())


def _value_range(graph: FrozenGraph) -> Tuple[float, float]:
    value: Any = graph.manifest.get("value_range")
    try:
        low, high = (float(bound) for bound in value)
        if low < high and np.isfinite(high - low):
            return low, high
    except (OverflowError, TypeError, ValueError):
        pass
    raise ValueError(
        "The manifest of {} must have as `value_range` what 0 and 255 become, such as [-1, 1]; got "
        "{:.200}.".format(graph.path, repr(value))
    )


def _resized(image: np.ndarray, shape: Tuple[int, int, int]) -> np.ndarray:
    """An image of other sides, in float32: each channel for itself, and not rounded."""
    from PIL import Image  # Not at the top: most images have the right size.

    height, width, channels = shape
    planes = [Image.fromarray(image[..., index].astype(np.float32)) for index in range(channels)]
    resized = [plane.resize((width, height), Image.BILINEAR) for plane in planes]
    return np.stack([np.asarray(plane) for plane in resized], axis=-1)


def _sides(shape: Tuple[int, int, int]) -> str:
    return "x".join(str(size) for size in shape)
