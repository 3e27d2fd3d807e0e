"""Feature matching."""

from typing import Callable

import tensorflow.compat.v2 as tf
import tree

from genflow.core.log_det import log_det_dtype
from genflow.core.types import Nest, Tensor

Distance = Callable[[Tensor, Tensor], Tensor]


def squared_l2_distance(first: Tensor, second: Tensor) -> Tensor:
    """The sum of the squared differences of two tensors of one shape, as a scalar."""
    return tf.reduce_sum(tf.math.squared_difference(first, second))


def l1_distance(first: Tensor, second: Tensor) -> Tensor:
    """The sum of the absolute differences of two tensors of one shape, as a scalar."""
    return tf.reduce_sum(tf.abs(first - second))


def mean_squared_distance(first: Tensor, second: Tensor) -> Tensor:
    """The mean of the squared differences of two tensors of one shape, as a scalar."""
    return tf.reduce_mean(tf.math.squared_difference(first, second))


def mean_absolute_distance(first: Tensor, second: Tensor) -> Tensor:
    """The mean of the absolute differences of two tensors of one shape, as a scalar."""
    return tf.reduce_mean(tf.abs(first - second))


def feature_matching_loss(
    real_features: Nest, fake_features: Nest, distance: Distance = mean_squared_distance
) -> Tensor:
    """How far the features of an average generated image are from those of a real one.

    Computes `distance(mean(real_features), mean(fake_features))` with the means over the batch
    alone, for the generator to minimise in the place of, or beside, its adversarial loss. The
    features are what a layer of the discriminator returns; of several layers, in a list, the
    distances are added.

    Shapes:
        real_features, fake_features: `[batch, ...]`, or nests of such, alike but for the size
            of the batch.

    Args:
        real_features: Of real images,
        fake_features: ... and of generated images.
        distance: From two tensors of one shape, of which the first is real, to a scalar:
            `mean_squared_distance` as the authors' code has it for MNIST,
            `mean_absolute_distance` as it has it for CIFAR-10 and SVHN, or a function of your
            own. The paper has `squared_l2_distance`, which grows with the number of features.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the features differ in more than the size of the batch, or there are none.
        TypeError: If features are not of a floating type.

    Example:
        >>> real, fake = tf.ones([8, 16]), tf.zeros([4, 16])
        >>> feature_matching_loss(real, fake).shape.as_list()
        []
        >>> feature_matching_loss([real, real], [fake, fake], distance=l1_distance).shape.as_list()
        []

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.1.
        https://arxiv.org/abs/1606.03498
    """
    real_list, fake_list = tree.flatten(real_features), tree.flatten(fake_features)
    if not real_list or len(real_list) != len(fake_list):
        raise ValueError(
            "`real_features` and `fake_features` must hold as many tensors, at least one; got {} "
            "and {}.".format(len(real_list), len(fake_list))
        )
    return tf.add_n([_of_one_layer(r, f, distance) for r, f in zip(real_list, fake_list)])


def _of_one_layer(real: Tensor, fake: Tensor, distance: Distance) -> Tensor:
    real_mean, fake_mean = _batch_mean(real, "real_features"), _batch_mean(fake, "fake_features")
    if not real_mean.shape.is_compatible_with(fake_mean.shape):
        raise ValueError(
            "`real_features` and `fake_features` must have one shape, but for the size of the "
            "batch; got {} and {} for one example: take both from the same layer.".format(
                real_mean.shape, fake_mean.shape
            )
        )
    return distance(real_mean, fake_mean)


def _batch_mean(features: Tensor, argument: str) -> Tensor:
    features = tf.convert_to_tensor(features)
    if not features.dtype.is_floating:
        raise TypeError(
            "`{}` must be of a floating type; got {}.".format(argument, features.dtype.name)
        )
    return tf.reduce_mean(tf.cast(features, log_det_dtype(features.dtype)), axis=0)
