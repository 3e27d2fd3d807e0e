"""What a record holds: an image and its label, in the layout of the original Glow."""

from typing import TYPE_CHECKING, Sequence, Tuple

import numpy as np

if TYPE_CHECKING:
    import tensorflow.compat.v2 as tf


def encode_example(image: np.ndarray, label: int) -> bytes:
    """Returns the serialized `tf.train.Example` of an image.

    Its features are `data`, the bytes of the image, `shape`, three integers, and `label`, one.

    Shapes:
        image: `[height, width, channels]`, uint8.

    Args:
        image: The image.
        label: Its class; 0 where there are no classes.

    Example:
        >>> payload = encode_example(np.zeros([2, 2, 3], np.uint8), label=5)
        >>> image, label = decode_example(payload, "a record", (2, 2, 3), num_classes=10)
        >>> image.shape, label
        ((2, 2, 3), 5)
    """
    import tensorflow.compat.v2 as tf  # Not at the top: the rest of the data needs no TensorFlow.

    data = tf.train.BytesList(value=[image.tobytes()])
    features = {
        "data": tf.train.Feature(bytes_list=data),
        "shape": tf.train.Feature(int64_list=tf.train.Int64List(value=image.shape)),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)  # Else in any order of the features.


def decode_example(
    payload: bytes,
    place: object,
    image_shape: Tuple[int, int, int],
    num_classes: int,
    crop: bool = False,
) -> Tuple[np.ndarray, int]:
    """Returns the image and the label of a serialized `tf.train.Example`.

    Other features than `data`, `shape` and `label` are passed over: the records of CelebA-HQ
    have forty attributes, `attr`.

    Shapes:
        image: `image_shape`, uint8, read-only.

    Args:
        payload: The serialized example.
        place: Where it came from, for messages.
        image_shape: The shape that the image must have.
        num_classes: The label must be less than this.
        crop: Whether the image may be higher or wider; its middle is returned then.

    Raises:
        ValueError: If `payload` is anything but such an image with its label.

    Example:
        >>> decode_example(b"<html>", "a record", (2, 2, 3), num_classes=10)
        Traceback (most recent call last):
        ValueError: a record must hold a serialized tf.train.Example; got 6 bytes that are none.
    """
    features = _parse(payload, place)
    shape = _integers(features, "shape", 3, place)
    if not _suits(shape, image_shape, crop):
        raise ValueError(
            "The image of {} must have the shape {}{}; got {}.".format(
                place, tuple(image_shape), " or be larger" if crop else "", tuple(shape)
            )
        )
    [label] = _integers(features, "label", 1, place)
    if not 0 <= label < num_classes:
        raise ValueError(
            "The label of {} must be in [0, {}); got {}. Say how many classes the data set has "
            "(`num_classes`).".format(place, num_classes, label)
        )
    return _middle(_image(features, shape, place), image_shape), label


def _suits(shape: Sequence[int], image_shape: Tuple[int, int, int], crop: bool) -> bool:
    if not crop:
        return list(shape) == list(image_shape)
    is_large_enough = shape[0] >= image_shape[0] and shape[1] >= image_shape[1]
    return is_large_enough and shape[2] == image_shape[2]


def _middle(image: np.ndarray, image_shape: Tuple[int, int, int]) -> np.ndarray:
    height, width, _ = image_shape
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def _parse(payload: bytes, place: object) -> "tf.train.Features":
    import tensorflow.compat.v2 as tf
    from google.protobuf.message import DecodeError

    example, cause = tf.train.Example(), None
    try:
        # Some versions of protobuf stop without an error where it makes no sense any more.
        is_whole = example.MergeFromString(payload) == len(payload)
    except DecodeError as error:
        is_whole, cause = False, error
    if not is_whole:
        raise ValueError(
            "{} must hold a serialized tf.train.Example; got {} bytes that are none.".format(
                place, len(payload)
            )
        ) from cause
    return example.features


def _integers(features: "tf.train.Features", name: str, count: int, place: object) -> Sequence[int]:
    values = list(features.feature[name].int64_list.value) if name in features.feature else []
    if len(values) != count:
        raise ValueError(
            "{} must have the feature `{}` with {} integer(s); got {}. It has the features "
            "{}.".format(place, name, count, len(values), _names(features))
        )
    return values


def _image(features: "tf.train.Features", image_shape: Sequence[int], place: object) -> np.ndarray:
    found = features.feature["data"].bytes_list.value if "data" in features.feature else []
    sizes = [len(value) for value in found]
    height, width, channels = image_shape
    expected = height * width * channels
    if sizes != [expected]:
        raise ValueError(
            "{} must have the feature `data` with one string of {} bytes; got strings of {} bytes. "
            "It has the features {}.".format(place, expected, sizes, _names(features))
        )
    return np.frombuffer(found[0], np.uint8).reshape(image_shape)


def _names(features: "tf.train.Features") -> Sequence[str]:
    return sorted(features.feature)
