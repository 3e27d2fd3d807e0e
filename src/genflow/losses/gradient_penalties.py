"""Penalties on the gradient of the discriminator with respect to its images."""

from typing import Callable

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import make_seed
from genflow.core.log_det import log_det_dtype, sum_except_batch
from genflow.core.types import Seed, Tensor

Discriminator = Callable[[Tensor], Tensor]


def wgan_gp_penalty(
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor,
    seed: Seed = None,
    target: float = 1.0,
) -> Tensor:
    """Holds the norm of the gradient between real and generated images to a target.

    With one number `mix`, uniform on [0, 1), for each example, computes

        x = mix * real + (1 - mix) * fake
        mean((norm(d discriminator(x) / d x) - target)**2)

    where `norm` is the Euclidean one of all values of an example together. The discriminator
    minimises it beside its loss, with a factor that is left to you: 10 in the paper.

    The gradient is that of an example's own logit, or of the sum of its logits if it has
    several. A discriminator in which an example depends on its neighbours, such as one with
    batch norm in training, has no such gradient: use layer norm or instance norm in it.

    Shapes:
        real, fake: `[batch, ...]`, of the same shape.

    Args:
        discriminator: From images to logits `[batch, ...]`; a function that calls a network
            with what else it needs, such as `lambda x: network(x, labels, training=True)`.
        real: Real images,
        fake: ... and generated ones.
        seed: Of the mix, as for `genflow.core.make_seed`: `None` draws a fresh one at every
            call.
        target: What the norm is held to.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the images do not have one shape, of known rank, or the logits do not
            depend on them.
        TypeError: If the images are not of one floating type.

    Example:
        >>> real, fake = tf.ones([4, 8, 8, 3]), tf.zeros([4, 8, 8, 3])
        >>> penalty = wgan_gp_penalty(lambda x: tf.reduce_sum(x**2, axis=[1, 2, 3]), real, fake)
        >>> penalty.shape.as_list()
        []

    References:
        Gulrajani et al., Improved Training of Wasserstein GANs, 2017, equation 3.
        https://arxiv.org/abs/1704.00028
    """
    real, fake = _checked(real, "real"), _checked(fake, "fake")
    if real.dtype != fake.dtype:
        raise TypeError(
            "`real` and `fake` must be of one type; got {} and {}.".format(
                real.dtype.name, fake.dtype.name
            )
        )
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            "`real` and `fake` must have one shape; got {} and {}: mix as many real images as "
            "generated ones.".format(real.shape, fake.shape)
        )
    shape = tf.concat([tf.shape(real)[:1], tf.ones([real.shape.rank - 1], tf.int32)], axis=0)
    # Drawn in float32 whatever the type, so that a seed is one mix.
    mix = tf.cast(tf.random.stateless_uniform(shape, make_seed(seed)), real.dtype)
    return _distance_from_target(discriminator, mix * real + (1.0 - mix) * fake, target)


def dragan_penalty(
    discriminator: Discriminator,
    real: Tensor,
    seed: Seed = None,
    scale: float = 0.5,
    target: float = 1.0,
) -> Tensor:
    """Holds the norm of the gradient around real images to a target.

    With standard normal `noise` for every value, and the standard deviation of all values of
    the batch together, computes

        x = real + scale * std(real) * noise
        mean((norm(d discriminator(x) / d x) - target)**2)

    where `norm` is the Euclidean one of all values of an example together. The discriminator
    minimises it beside its loss, with a factor that is left to you: 10 in the paper. The paper
    leaves the variance of the noise open; that it follows the data is from the authors'
    implementation, whose noise is uniform, and positive only.

    What `wgan_gp_penalty` says of several logits and of batch norm is true here, too.

    Shapes:
        real: `[batch, ...]`.

    Args:
        discriminator: From images to logits, as for `wgan_gp_penalty`.
        real: Real images.
        seed: Of the noise, as for `genflow.core.make_seed`: `None` draws fresh noise at every
            call.
        scale: Standard deviation of the noise for that of the batch.
        target: What the norm is held to.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the images are not of known rank, the logits do not depend on them, or
            `scale` is negative.
        TypeError: If the images are not of a floating type.

    Example:
        >>> real = tf.random.normal([4, 8, 8, 3])
        >>> dragan_penalty(lambda x: tf.reduce_sum(x**2, axis=[1, 2, 3]), real).shape.as_list()
        []

    References:
        Kodali et al., On Convergence and Stability of GANs, 2017.
        https://arxiv.org/abs/1705.07215
    """
    if not scale >= 0:
        raise ValueError("`scale` must not be negative; got {}.".format(scale))
    real = _checked(real, "real")
    wide = tf.cast(real, log_det_dtype(real.dtype))
    deviation = tf.math.reduce_std(wide)
    noise = tf.cast(tf.random.stateless_normal(tf.shape(real), make_seed(seed)), wide.dtype)
    x = tf.cast(wide + scale * deviation * noise, real.dtype)
    return _distance_from_target(discriminator, x, target)


def r1_penalty(discriminator: Discriminator, real: Tensor) -> Tensor:
    """The squared norm of the gradient at real images.

    Computes `mean(norm(d discriminator(real) / d real)**2)`, where `norm` is the Euclidean one
    of all values of an example together. The discriminator minimises it beside its loss, with
    a factor that is left to you: `gamma / 2` in the paper, with `gamma` = 10.

    What `wgan_gp_penalty` says of several logits and of batch norm is true here, too.

    Shapes:
        real: `[batch, ...]`.

    Args:
        discriminator: From images to logits, as for `wgan_gp_penalty`.
        real: Real images. (At generated ones, it is the penalty that the paper calls R2.)

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the images are not of known rank, or the logits do not depend on them.
        TypeError: If the images are not of a floating type.

    Example:
        >>> real = tf.random.normal([4, 8, 8, 3])
        >>> r1_penalty(lambda x: tf.reduce_sum(x**2, axis=[1, 2, 3]), real).shape.as_list()
        []

    References:
        Mescheder, Geiger and Nowozin, Which Training Methods for GANs do actually Converge?,
        2018, equation 9. https://arxiv.org/abs/1801.04406
    """
    return tf.reduce_mean(_squared_norms(discriminator, _checked(real, "real")))


def _distance_from_target(discriminator: Discriminator, x: Tensor, target: float) -> Tensor:
    squared = _squared_norms(discriminator, x)
    # The square root has no derivative at 0; there the norm counts as a constant, and is not
    # computed at all: times 0, an infinite derivative is 0 on some devices only. What is below
    # the smallest number with all its digits may count as 0.
    is_usable = squared >= np.finfo(squared.dtype.as_numpy_dtype).tiny
    root = tf.sqrt(tf.where(is_usable, squared, tf.ones_like(squared)))
    return tf.reduce_mean(tf.square(tf.where(is_usable, root, tf.zeros_like(root)) - target))


def _squared_norms(discriminator: Discriminator, x: Tensor) -> Tensor:
    """The squared norm of the gradient for each example: `[batch]`, in float32 at least."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator(x)
    gradient = tape.gradient(logits, x)
    if gradient is None:
        raise ValueError("`discriminator` must return what depends on the images that it is given.")
    return sum_except_batch(tf.square(tf.cast(gradient, log_det_dtype(gradient.dtype))))


def _checked(images: Tensor, argument: str) -> Tensor:
    images = tf.convert_to_tensor(images)
    if not images.dtype.is_floating:
        raise TypeError(
            "`{}` must be images of a floating type, scaled as the discriminator takes them; got "
            "{}.".format(argument, images.dtype.name)
        )
    if not images.shape.rank:
        raise ValueError(
            "`{}` must be [batch, ...] of known rank; got shape {}.".format(argument, images.shape)
        )
    return images
