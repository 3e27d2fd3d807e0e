import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow.data import batches, load_digits
from genflow.distributions import Flow
from genflow.layers import ActNorm, AffineCoupling, Chain, Dequantize, RunningBatchNorm, Squeeze
from genflow.networks import BatchNorm, Dropout, ZerosConv
from genflow.training.flow_graph import FlowGraph
from genflow.training.minimizer import Minimizer


class Behind(ZerosConv):
    """A last layer behind something else."""

    def __init__(self, part, out_channels):
        super().__init__(out_channels)
        self.part = part

    def _call(self, x, context, training):
        return super()._call(self.part(x, training=training), context, training)


def build(*layers):
    minimizer = Minimizer(lambda step: tf.compat.v1.train.AdamOptimizer(0.01))

    def make_flow(noise_seed):
        return Flow(Chain([Dequantize(seed=noise_seed)] + list(layers)), event_shape=[8, 8, 1])

    dataset = batches(load_digits("train"), 20, seed=0)
    return FlowGraph(make_flow, minimizer, dataset, (8, 8, 1), 8, None, 4, seed=0)


@pytest.fixture
def calls(monkeypatch):
    """Whether each pass through a flow is one of training."""
    found, method = [], Flow.bits_per_dim_and_latent

    def recorded(self, x, context=None, training=False):
        found.append(training)
        return method(self, x, context, training)

    monkeypatch.setattr(Flow, "bits_per_dim_and_latent", recorded)
    return found


def test_the_update_has_a_pass_of_its_own_over_a_batch_of_known_size(calls):
    with tf.Graph().as_default():
        tensors = build(ActNorm(), Squeeze(), AffineCoupling(Behind(Dropout(0.0), 4)))

    assert calls == [False, False]
    assert [value.shape.as_list()[0] for value in tensors.batch] == [20, 20]
    assert tensors.per_image["loss"].shape.as_list() == [None]


@pytest.mark.parametrize("part", [BatchNorm, lambda: Dropout(0.5, seed=1)])
def test_what_differs_in_training_gets_a_pass_of_its_own(calls, part):
    with tf.Graph().as_default():
        build(Squeeze(), AffineCoupling(Behind(part(), 4)))

    assert calls == [False, True]


def test_a_layer_of_ones_own_is_told_that_it_is_trained():
    class Mine(ActNorm):
        differs_in_training = True

        def _forward(self, x, context, training):
            told.append(training)
            return super()._forward(x, context, training)

    told = []
    with tf.Graph().as_default():
        build(Mine())

    assert set(told) == {False, True}


def test_updates_move_running_statistics_and_evaluation_does_not():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        norm = RunningBatchNorm(decay=0.5)
        tensors = build(Squeeze(), norm, AffineCoupling(ZerosConv(4)))
        session.run([tf.compat.v1.global_variables_initializer(), tensors.iterator.initializer])
        images, labels = load_digits("test").read(np.arange(30))
        feed = tensors.feed(images, labels, "evaluate")

        start = session.run(norm.statistics.mean)
        bits = [session.run(tensors.per_image["bits_per_dim"], feed) for _ in range(2)]
        np.testing.assert_array_equal(session.run(norm.statistics.mean), start)
        np.testing.assert_array_equal(bits[0], bits[1])

        for _ in range(3):
            session.run(tensors.update.op)
        moved = session.run(norm.statistics.mean)
        assert np.all(moved != start)
        after = session.run(tensors.per_image["bits_per_dim"], feed)
        np.testing.assert_array_equal(session.run(norm.statistics.mean), moved)
        # What is measured of one image is the same without the other images.
        alone = session.run(
            tensors.per_image["bits_per_dim"],
            {**feed, tensors.images: images[:1], tensors.labels: labels[:1]},
        )
        assert abs(alone[0] - after[0]) < 1e-5
        assert not np.array_equal(after, bits[0])
