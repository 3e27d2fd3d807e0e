import numpy as np
import pytest
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow.data import ImageSet
from genflow.training import StopSignals, save_tiles
from genflow.training.flow_report import FlowReporter, _in_rows


class Tensors:
    """A model whose bits/dim of an image are a hundredth of its first pixel, and of the feed."""

    def __init__(self):
        self.images = tf.compat.v1.placeholder(tf.uint8, [None, 4, 4, 3])
        self.per_image = {"bits_per_dim": tf.cast(self.images[:, 0, 0, 0], tf.float32) / 100.0}
        self.fed = []

    def feed(self, images, labels, purpose, index=0):
        self.fed.append((len(images), len(labels), purpose, index))
        return {self.images: images}


def shuffled(count):
    """Images of one colour each, out of order."""
    images = np.full([count, 4, 4, 3], [0, 0, 200], np.uint8)
    order = np.random.RandomState(0).permutation(count)
    images[..., 0] = 5 * (1 + order.astype(np.uint8))[:, None, None]
    return ImageSet("shuffled", images, np.zeros([count], np.int32), num_classes=1)


@pytest.mark.parametrize(
    ("count", "fed"),
    [
        (50, [(16, 16, "tiles", 0), (16, 16, "tiles", 1), (8, 8, "tiles", 2)]),
        (7, [(7, 7, "tiles", 0)]),
        (1, [(1, 1, "tiles", 0)]),
    ],
)
def test_tiles_are_in_ascending_order_of_their_bits_per_dim(tmp_path, monkeypatch, count, fed):
    titles = []

    def recorded(path, images, texts, *others):
        titles.extend(texts)
        save_tiles(path, images, texts, *others)

    monkeypatch.setattr("genflow.training.flow_report.save_tiles", recorded)
    path = str(tmp_path / "tiles.png")
    image_set = shuffled(count)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tensors = Tensors()
        reporter = FlowReporter(tensors, image_set, batch_size=16)
        reporter._draw_tiles(12, session, path, StopSignals())
    assert tensors.fed == fed
    assert titles == ["{:.2f}".format(v / 100.0) for v in sorted(image_set.images[:40, 0, 0, 0])]
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    places = {}
    for value in sorted(image_set.images[:40, 0, 0, 0]):
        rows, columns = np.where((pixels == [value, 0, 200]).all(axis=2))
        places[value] = (rows.min(), columns.min())
    assert sorted(places.values()) == list(places.values())
    assert len({column for _, column in places.values()}) == min(10, count)


@pytest.mark.parametrize(
    ("count", "rows", "columns", "white"),
    [(1, 1, 1, 0), (10, 1, 10, 0), (16, 2, 8, 0), (23, 3, 8, 1)],
)
def test_samples_fill_rows_as_evenly_as_can_be(count, rows, columns, white):
    grid = np.stack(_in_rows(np.zeros([count, 2, 2, 3], np.uint8)))
    assert grid.shape == (rows, columns, 2, 2, 3)
    assert np.all(grid.reshape((-1, 12))[count:] == 255)
    assert rows * columns - count == white
