import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core import Network
from genflow.data import load_digits
from genflow.distributions import Flow
from genflow.gan import ConvDiscriminator, DeconvGenerator
from genflow.layers import ActNorm, AffineCoupling, Chain, Dequantize
from genflow.networks import MLP
from genflow.optimizers import Adamax
from genflow.training import FlowTrainer, GanLoss, GanTrainer, Minimizer, find_saturated_layer

X = np.random.RandomState(0).standard_normal([4, 2]).astype(np.float32)


class Clipped(Network):
    """As arithmetic on an Ascend 910: no infinity, no NaN."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def _call(self, x, context, training):
        return tf.clip_by_value(x * self.factor, -65504.0, 65504.0)


def in_session(modules, compute, spoil=None, dtype=tf.float16):
    with tf.compat.v1.Session() as session:
        compute()
        session.run(tf.compat.v1.global_variables_initializer())
        if spoil is not None:
            session.run(spoil())
        return find_saturated_layer(modules, compute, session, dtype=dtype)


def found(layers, dtype=tf.float16, spoil=None):
    with tf.Graph().as_default():
        flow = Chain([Chain(layers[:2]), Chain(layers[2:])])
        return in_session({"flow": flow}, lambda: flow.forward_and_log_det(X), spoil, dtype)


def coupling(factor):
    network = MLP([8], 2, seed=0)

    class Head(Network):
        def __init__(self):
            super().__init__()
            self.body, self.last = network, Clipped(factor)

        def _call(self, x, context, training):
            return self.last(self.body(x) + 1.0)

    return AffineCoupling(Head())


def test_names_the_layer_that_saturates():
    said = found([ActNorm(), coupling(1e6), ActNorm()])

    assert said == (
        "the values of flow/layers/0/layers/1/conditioner/last (Clipped) reach 6.55e+04, and "
        "float16 ends at 6.55e+04"
    )


def test_says_nothing_where_nothing_saturates():
    assert found([ActNorm(), coupling(1.0), ActNorm()]) == ""
    assert found([ActNorm(), coupling(1e6), ActNorm()], tf.float32) == ""


@pytest.mark.parametrize("value", [np.inf, np.nan, 3.4028235e38])
def test_takes_what_is_not_finite_for_saturated(value):
    layers = [ActNorm(), ActNorm(), ActNorm()]

    def spoil():
        return layers[1].shift.assign([0.0, value])

    for dtype in (tf.float16, tf.bfloat16, tf.float32):
        assert found(layers, dtype, spoil).startswith(
            "the weight flow/layers/0/layers/1/shift reaches"
        )
        layers = [ActNorm(), ActNorm(), ActNorm()]


def test_finds_it_in_a_gan():
    with tf.Graph().as_default():
        generator = DeconvGenerator((8, 8, 1), widths=(4, 2))
        discriminator = ConvDiscriminator(widths=(2, 4))
        modules = {"generator": generator, "discriminator": discriminator}

        def compute():
            discriminator(100.0 + generator(tf.ones([2, 5]), training=True), training=True)

        def spoil():
            kernels = [v for v in discriminator.features.trainable_variables if v.shape.rank == 4]
            return kernels[0].assign(tf.fill(kernels[0].shape, 6e4))

        said = in_session(modules, compute, spoil)

    assert said.startswith("the values of discriminator/features/")


def test_leaves_the_modules_as_they_were():
    with tf.Graph().as_default():
        flow = Chain([ActNorm()])
        before = dict(vars(flow))
        in_session({"flow": flow}, lambda: flow.forward_and_log_det(X))
        assert set(vars(flow)) == set(before)
        assert "_forward" not in vars(flow.layers[0])


def test_a_trainer_of_a_flow_can_ask(tmp_path):
    def make_flow(noise_seed):
        return Flow(Chain([Dequantize(seed=noise_seed), ActNorm()]), event_shape=[8, 8, 1])

    trainer = FlowTrainer(
        make_flow,
        Minimizer(lambda step: Adamax(0.01)),
        load_digits("train"),
        load_digits("test"),
        str(tmp_path),
        show_progress=False,
    )
    tensors = trainer.tensors
    images, labels = load_digits("train").read(range(4))
    feed = tensors.feed(images, labels, "test")
    with trainer._graph.as_default(), tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        assert tensors.saturated_layer(session, feed) == ""
        session.run(tensors.flow.bijection.layers[1].log_scale.assign([15.0]))
        said = tensors.saturated_layer(session, feed)

    assert said.startswith("the values of flow/bijection/layers/1 (ActNorm) reach")


def test_a_trainer_of_a_gan_can_ask(tmp_path):
    def minimizer():
        return Minimizer(lambda step: Adamax(0.01))

    trainer = GanTrainer(
        lambda seed: DeconvGenerator((8, 8, 1), widths=(4, 2)),
        lambda seed: ConvDiscriminator(widths=(2, 4)),
        GanLoss(losses.non_saturating_generator_loss, losses.non_saturating_discriminator_loss),
        minimizer(),
        minimizer(),
        load_digits("train"),
        str(tmp_path),
        batch_size=4,
        show_progress=False,
    )
    tensors = trainer.tensors
    kernel = [v for v in tensors.generator.trainable_variables if v.shape.rank == 4][0]
    with trainer._graph.as_default(), tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        session.run([tf.compat.v1.local_variables_initializer(), tensors.iterator.initializer])
        session.run(tensors.updates(["draw"])[0].op)
        assert tensors.saturated_layer(session) == ""
        session.run(kernel.assign(tf.fill(kernel.shape, 7e4)))
        said = tensors.saturated_layer(session)

    assert said.startswith("the weight generator/")
