import hashlib

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.data.record_example import decode_example, encode_example
from tests.data.tfrecords import example, image_features, integers, random_images, strings

IMAGE = random_images(1)[0]
SHAPE = (4, 4, 3)


def decode(features, num_classes=10):
    return decode_example(example(features), "record 3 of a file", SHAPE, num_classes)


def without(name):
    features = image_features(IMAGE, 5)
    del features[name]
    return features


def other(**features):
    return dict(image_features(IMAGE, 5), **features)


def test_decodes_the_original_layout():
    image, label = decode(image_features(IMAGE, 5))
    np.testing.assert_array_equal(image, IMAGE)
    assert (image.dtype, label) == (np.uint8, 5)


def test_passes_over_other_features():
    features = image_features(IMAGE, 5, attr=integers(range(40)), note=strings([b"x"]))
    image, label = decode(features)
    np.testing.assert_array_equal(image, IMAGE)
    assert label == 5


def test_the_empty_attributes_of_imagenet_are_no_error():
    assert decode(image_features(IMAGE, 5, attr=integers([])))[1] == 5


def test_encodes_the_original_layout():
    payload = encode_example(IMAGE, label=5)
    assert tf.train.Example.FromString(payload) == tf.train.Example.FromString(
        example(image_features(IMAGE, 5))
    )


def test_encodes_the_same_bytes_every_time_and_on_every_runtime():
    digests = {hashlib.sha256(encode_example(IMAGE, label=5)).hexdigest() for _ in range(20)}
    assert digests == {"da96616c1e0ebf3a9663f88bffa6046adc97a296c102c88b6cd50e70e16f12a0"}


def test_encodes_any_array_in_row_order():
    turned = IMAGE.transpose([1, 0, 2])
    image, _ = decode_example(encode_example(turned, 0), "a record", SHAPE, num_classes=1)
    np.testing.assert_array_equal(image, turned)


@pytest.mark.filterwarnings("ignore:Unexpected end-group tag")
@pytest.mark.parametrize("payload", [b"<html>", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a"])
def test_rejects_what_is_no_example(payload):
    match = "record 3 of a file must hold a serialized tf.train.Example; got {} bytes"
    with pytest.raises(ValueError, match=match.format(len(payload))):
        decode_example(payload, "record 3 of a file", SHAPE, num_classes=10)


def test_rejects_an_empty_payload():
    with pytest.raises(ValueError, match="a record must have the feature `shape`"):
        decode_example(b"", "a record", SHAPE, num_classes=10)


@pytest.mark.parametrize(
    ("features", "match"),
    [
        (without("data"), r"must have the feature `data` .*\['label', 'shape'\]"),
        (without("shape"), r"must have the feature `shape` with 3 integer\(s\); got 0"),
        (without("label"), r"must have the feature `label` with 1 integer\(s\); got 0"),
        (other(label=integers([1, 2])), "`label` with 1 .*; got 2"),
        (other(label=strings([b"5"])), "`label` with 1 .*; got 0"),
        (other(shape=integers([4, 4])), "`shape` with 3 .*; got 2"),
        (other(shape=integers([4, 12, 1])), r"\(4, 4, 3\); got \(4, 12, 1\)"),
        (other(shape=integers([-4, -4, 3])), r"got \(-4, -4, 3\)"),
        (other(data=strings([])), r"one string of 48 bytes; got .* \[\] bytes"),
        (other(data=strings([b"ab"])), r"of 48 bytes; got strings of \[2\]"),
        (other(data=strings([b"ab", b""])), r"got strings of \[2, 0\]"),
        (other(data=integers(range(48))), r"of 48 bytes; got .* \[\] bytes"),
        (image_features(IMAGE, 10), r"label of .* must be in \[0, 10\); got 10.*`num_classes`"),
        (image_features(IMAGE, -1), r"label of .* must be in \[0, 10\); got -1"),
        (image_features(IMAGE, 2**40), r"must be in \[0, 10\); got 1099511627776"),
        (image_features(IMAGE[:2], 5), r"must have the shape \(4, 4, 3\); got \(2, 4, 3\)"),
    ],
)
def test_rejects_another_image(features, match):
    with pytest.raises(ValueError, match="record 3 of a file.*"):
        decode(features)
    with pytest.raises(ValueError, match=match):
        decode(features)
