"""Two steps of training of a small flow and a small GAN, to see whether that works."""

from typing import Any, Dict, List, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.ascend import FixedLossScale, session
from genflow.core import Module
from genflow.distributions import Flow
from genflow.gan import ConvDiscriminator, DeconvGenerator
from genflow.layers import ActNorm, AffineCoupling, Chain, Invertible1x1Conv, PLUMatrix, Squeeze
from genflow.networks import GlowConditioner
from genflow.optimizers import Adamax
from genflow.training import Minimizer

_NUM_STEPS = 2
_TOO_LARGE = 1e30  # A device that saturates has no infinity.


def flow(backend: str) -> str:
    """Trains a flow with a layer of each kind that Glow has.

    Args:
        backend: What to train on; see `genflow.ascend.session`.

    Returns:
        What came of it.

    Raises:
        FloatingPointError: If a loss is not finite.
        ValueError: If the weights are not moved.
    """
    with tf.Graph().as_default():
        x = tf.constant(np.random.RandomState(0).standard_normal([8, 8, 8, 1]), tf.float32)
        layers = [Squeeze(), ActNorm(), Invertible1x1Conv(PLUMatrix(seed=0))]
        layers += [AffineCoupling(GlowConditioner(8, 4, seed=1))]
        model = Flow(Chain(layers), event_shape=[8, 8, 1])
        _, initial = model.initialize(x)
        loss = -tf.reduce_mean(model.log_prob(x))
        return _train(backend, [_update(backend, loss, model, "flow")], initial)


def gan(backend: str) -> str:
    """Trains a generator and a discriminator, in turns.

    Args:
        backend: What to train on; see `genflow.ascend.session`.

    Returns:
        What came of it.

    Raises:
        FloatingPointError: If a loss is not finite.
        ValueError: If the weights are not moved.
    """
    with tf.Graph().as_default():
        random = np.random.RandomState(0)
        real = tf.constant(random.uniform(-1.0, 1.0, [8, 8, 8, 1]), tf.float32)
        z = tf.constant(random.standard_normal([8, 4]), tf.float32)
        generator = DeconvGenerator([8, 8, 1], widths=(8,), seed=0)
        discriminator = ConvDiscriminator(widths=(8,), seed=1)
        fake = generator(z, training=True)
        fake_logits = discriminator(fake, training=True)
        real_logits = discriminator(real, training=True)
        judged = losses.non_saturating_discriminator_loss(
            real_logits, discriminator(tf.stop_gradient(fake), training=True)
        )
        made = losses.non_saturating_generator_loss(fake_logits)
        updates = [
            _update(backend, judged, discriminator, "discriminator"),
            _update(backend, made, generator, "generator"),
        ]
        return _train(backend, updates, [])


def _update(backend: str, loss: tf.Tensor, module: Module, name: str) -> Tuple[str, Module, Any]:
    step = tf.compat.v1.train.get_or_create_global_step()
    # An NPU tells only its own optimizer of overflows.
    loss_scale = FixedLossScale(1.0, on_npu=True) if backend == "npu" else None
    minimizer = Minimizer(lambda step: Adamax(0.01), loss_scale=loss_scale)
    return name, module, minimizer.update(loss, {name: module}, step)


def _train(backend: str, updates: List[Tuple[str, Module, Any]], initial: Any) -> str:
    with session(backend) as opened:
        opened.run(tf.compat.v1.global_variables_initializer())
        opened.run(initial)
        before = opened.run(_weights(updates))
        for _ in range(_NUM_STEPS):
            for name, _, update in updates:
                _, loss = opened.run([update.op, update.metrics["loss"]])
                if not abs(loss) < _TOO_LARGE:
                    raise FloatingPointError("the loss of the {} is {}".format(name, loss))
        _check_moved(before, opened.run(_weights(updates)))
        return "{} steps on {} ({}), loss {:.4f}, all weights moved".format(
            _NUM_STEPS, opened.backend.name, opened.backend.device, loss
        )


def _weights(updates: List[Tuple[str, Module, Any]]) -> Dict[str, Dict[str, tf.Variable]]:
    """The variables that have a gradient, by their paths."""
    return {
        name: {
            path: variable
            for path, variable in module.named_variables().items()
            if "{}/{}".format(name, path) in update.gradients
        }
        for name, module, update in updates
    }


def _check_moved(before: Dict[str, Dict[str, Any]], after: Dict[str, Dict[str, Any]]) -> None:
    for name in before:
        for path, value in before[name].items():
            if not np.any(value != after[name][path]):
                raise ValueError("training has not moved the weight {}/{}".format(name, path))
