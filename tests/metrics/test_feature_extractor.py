import numpy as np
import pytest
import tensorflow.compat.v1 as v1
import tensorflow.compat.v2 as tf

from genflow.export import FrozenGraph, save_frozen_graph
from genflow.metrics import FeatureExtractor
from genflow.metrics.scaled_pixels import scaled_pixels
from genflow.training import to_range
from tests.metrics.extractors import features_of, probabilities_of, random_images, save_extractor
from tests.modes import Eager

IMAGES = random_images(11)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "mean.pb")


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_features_and_probabilities_of_images(path, batch_size):
    extract = FeatureExtractor(save_extractor(path), batch_size)

    features, probabilities = extract(IMAGES)

    np.testing.assert_allclose(features, features_of(IMAGES), atol=1e-6)
    np.testing.assert_allclose(probabilities, probabilities_of(IMAGES), atol=1e-6)


def test_the_range_of_values_is_that_of_the_manifest(path):
    extract = FeatureExtractor(save_extractor(path, value_range=[0, 255]))

    np.testing.assert_allclose(extract(IMAGES).features, features_of(IMAGES, 0, 255), rtol=1e-6)


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (-0.3, 2.7), (0.0, 255.0)])
def test_pixels_are_rounded_as_in_training(value_range):
    pixels = np.arange(256, dtype=np.uint8)

    with Eager() as mode:
        expected = mode.call(lambda x: to_range(x, value_range), pixels)

    np.testing.assert_array_equal(scaled_pixels(pixels, value_range), expected)


def test_a_graph_gets_the_pixels_of_training(path):
    """Bit for bit, which shows in a feature that is a pixel."""
    pixels = np.arange(256, dtype=np.uint8).reshape([256, 1, 1, 1]) + np.zeros([4, 4, 1], np.uint8)
    extract = FeatureExtractor(save_extractor(path, value_range=[-0.3, 2.7]))

    found = extract(pixels).features[:, 1]

    np.testing.assert_array_equal(found, scaled_pixels(np.arange(256), (-0.3, 2.7)))


def test_logits_become_probabilities(path):
    extract = FeatureExtractor(save_extractor(path, outputs=["features", "logits"]))

    np.testing.assert_allclose(extract(IMAGES).probabilities, probabilities_of(IMAGES), atol=1e-6)


def test_there_may_be_no_classes(path):
    extract = FeatureExtractor(save_extractor(path, outputs=["features"]))

    assert extract(IMAGES).probabilities is None


def test_features_of_batches_of_any_size(path):
    extract = FeatureExtractor(save_extractor(path), batch_size=3)

    found = list(extract.of_batches(iter([IMAGES[:5], IMAGES[5:6], IMAGES[6:]])))

    assert [len(batch.features) for batch in found] == [5, 1, 5]
    features = np.concatenate([batch.features for batch in found])
    np.testing.assert_allclose(features, features_of(IMAGES), atol=1e-6)


def test_it_says_which_extractor_it_is(path):
    graph = save_extractor(path, name="means of 4x4", test_accuracy=0.75)
    named = FeatureExtractor(graph)

    assert (named.name, named.accuracy, named.sha256) == ("means of 4x4", 0.75, graph.sha256)
    unnamed = FeatureExtractor(save_extractor(path))
    assert (unnamed.name, unnamed.accuracy) == ("mean", None)


def test_images_are_resized_where_the_manifest_says_so(path):
    extract = FeatureExtractor(save_extractor(path, resize=True))
    large = IMAGES.repeat(2, axis=1).repeat(2, axis=2)
    flat = np.full([2, 9, 5, 1], [[[[50]]], [[[200]]]], np.uint8)

    # The corner is that of the image, blurred by no more than half of the neighbours' share.
    means = features_of(IMAGES)[:, 0]
    np.testing.assert_allclose(extract(large).features[:, 0], means, atol=0.03)
    np.testing.assert_allclose(extract(flat).features, features_of(flat[:, :4, :4]), atol=1e-6)
    np.testing.assert_allclose(extract(IMAGES).features, features_of(IMAGES), atol=1e-6)


def test_what_shrinks_is_blurred(path):
    extract = FeatureExtractor(save_extractor(path, size=(2, 5, 1), resize=True))
    board = np.uint8(255 * (np.indices([20, 50]).sum(axis=0) % 2))[np.newaxis, ..., np.newaxis]

    np.testing.assert_allclose(extract(board).features, [[0.0, 0.0]], atol=0.02)


def test_colours_are_resized_each_for_itself(path):
    extract = FeatureExtractor(save_extractor(path, size=(2, 2, 3), resize=True))
    images = np.zeros([1, 6, 6, 3], np.uint8)
    images[..., 0], images[..., 2] = 255, 51

    mean, corner = extract(images).features[0]

    assert corner == pytest.approx(1.0, abs=1e-6)
    assert mean == pytest.approx((1.0 - 1.0 + (-0.6)) / 3, abs=1e-6)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES / np.float32(255), "must be uint8 .*; got float32"),
        (IMAGES[0], r"got uint8 of shape \(4, 4, 1\)"),
        (IMAGES[:0], "at least one image"),
        (IMAGES[:, :3], r"takes images of 4x4x1; got 3x4x1: resize them"),
        (IMAGES.repeat(3, axis=3), r"takes images of 4x4x1; got 4x4x3: .*`tile_channels`"),
    ],
)
def test_rejects_wrong_images(path, images, message):
    extract = FeatureExtractor(save_extractor(path))

    with pytest.raises(ValueError, match=message):
        extract(images)


def test_resizing_does_not_change_the_number_of_channels(path):
    extract = FeatureExtractor(save_extractor(path, resize=True))

    with pytest.raises(ValueError, match="takes images of 4x4x1; got 8x8x3"):
        extract(np.zeros([2, 8, 8, 3], np.uint8))


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({"value_range": None}, r"`value_range` .* got None"),
        ({"value_range": [1, -1]}, r"`value_range` .* got \[1, -1\]"),
        ({"value_range": [0, float("inf")]}, r"`value_range` .* got \[0, inf\]"),
        ({"value_range": [float("-inf"), 0]}, r"`value_range` .* got \[-inf, 0\]"),
        ({"value_range": [-1e308, 1e308]}, r"`value_range` .* got \[-1e"),
        ({"value_range": [0, 10**400]}, r"`value_range` .* got \[0, 1000"),
        ({"value_range": "wide"}, r"`value_range` .* got 'wide'"),
        ({"resize": "bilinear"}, "`resize`; got 'bilinear'"),
        ({"outputs": ["logits"]}, "must have the output `features`; it has logits"),
        ({"size": (4, None, 1)}, r"must take `images` of .* shape \(None, 4, None, 1\)"),
    ],
)
def test_rejects_graphs_that_are_no_extractors(path, manifest, message):
    with pytest.raises(ValueError, match=message):
        FeatureExtractor(save_extractor(path, **manifest))


def test_rejects_other_inputs_and_outputs(path):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 4, 4, 1])
        save_frozen_graph(path, session, {"x": x}, {"features": x}, {"value_range": [0, 1]})

    with pytest.raises(ValueError, match="must take `images`.*; it takes x"):
        FeatureExtractor(FrozenGraph(path))
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 4, 4, 1])
        save_frozen_graph(path, session, {"images": x}, {"features": x}, {"value_range": [0, 1]})

    with pytest.raises(
        ValueError, match=r"`features` .* \[None, dimension\]; got \(None, 4, 4, 1\)"
    ):
        FeatureExtractor(FrozenGraph(path))
    with pytest.raises(ValueError, match="`batch_size` must be a positive integer; got 0"):
        FeatureExtractor(save_extractor(path), batch_size=0)
