"""Semi-supervised losses: of a discriminator that knows K classes, and one more of its own.

Its class logits are `[batch, num_classes + 1]`, of which the last is the logit of the class
"generated". Only differences of them count, so that logits of the K classes alone say as much:
`append_fake_logit` gives them a last logit of 0.
"""

from typing import Tuple

import tensorflow.compat.v2 as tf

from genflow.core.shapes import static_size
from genflow.core.types import Tensor
from genflow.losses.logits import checked_logits, mean_cross_entropy, real_target


def append_fake_logit(class_logits: Tensor) -> Tensor:
    """Gives the logits of K classes a last one of 0, that of the class "generated".

    So a classifier is the discriminator of the paper, and of the losses here:

        Z = sum(exp(class_logits))
        D = Z / (Z + 1) = sigmoid(logit_of_real(append_fake_logit(class_logits)))

    Shapes:
        class_logits: `[batch, num_classes]`.
        result: `[batch, num_classes + 1]`.

    Args:
        class_logits: What a classifier returns.

    Returns:
        The logits, in float32 at least.

    Raises:
        ValueError: If the logits are of another rank, or their number is not known statically.
        TypeError: If the logits are not of a floating type.

    Example:
        >>> append_fake_logit(tf.zeros([8, 10])).shape.as_list()
        [8, 11]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.
        https://arxiv.org/abs/1606.03498
    """
    class_logits = _checked(class_logits, fewest=1)
    return tf.concat([class_logits, tf.zeros_like(class_logits[:, :1])], axis=1)


def logit_of_real(class_logits: Tensor) -> Tensor:
    """The logit of being real, of whatever class, as the losses of a plain GAN take it.

    Computes `logsumexp(class_logits[:, :-1]) - class_logits[:, -1]`; its sigmoid is the sum of
    the probabilities of all classes but the last. Of generated images, `minimax_generator_loss`
    or `non_saturating_generator_loss` of it is an adversarial loss of the generator.

    Shapes:
        class_logits: `[batch, num_classes + 1]`.
        result: `[batch]`.

    Args:
        class_logits: What the discriminator returns, the last of the class "generated".

    Returns:
        The logits, in float32 at least.

    Raises:
        ValueError: If the logits are of another rank, or fewer than 2, or their number is not
            known statically.
        TypeError: If the logits are not of a floating type.

    Example:
        >>> logit_of_real(tf.zeros([8, 11])).shape.as_list()
        [8]

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.
        https://arxiv.org/abs/1606.03498
    """
    class_logits = _checked(class_logits)
    return _log_sum_exp(class_logits[:, :-1]) - class_logits[:, -1]


def labelled_loss(class_logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of the known labels, given that the images are real.

    Computes

        mean(logsumexp(class_logits[:, :-1]) - class_logits[label])

    over the examples whose label is known; if there is none, it is 0, and so is its gradient.
    With `unlabelled_loss` of the same images, it adds up to the cross-entropy of all logits.

    Shapes:
        class_logits: `[batch, num_classes + 1]`.
        labels: `[batch]`.

    Args:
        class_logits: What the discriminator returns for real images.
        labels: Integers below `num_classes`; a negative one, such as -1, is not known.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the shapes are not as above, or the number of logits is not known
            statically.
        TypeError: If the logits are not of a floating type, or the labels of no integer one.

    Example:
        >>> labelled_loss(tf.zeros([4, 11]), [3, -1, -1, 7]).shape.as_list()
        []

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 5.
        https://arxiv.org/abs/1606.03498
    """
    class_logits, labels = _checked_pair(class_logits, labels)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.maximum(labels, 0), logits=class_logits[:, :-1]
    )
    return _mean_of_known(losses, labels)


def unlabelled_loss(class_logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """The cross-entropy that calls real images real, of whatever class.

    With `D = sigmoid(logit_of_real(class_logits))` and `target = 1 - label_smoothing`, computes

        mean(-target * log(D) - (1 - target) * log(1 - D))

    Shapes:
        class_logits: `[batch, num_classes + 1]`.

    Args:
        class_logits: What the discriminator returns for real images, labelled or not.
        label_smoothing: How far the target is below 1.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1), the logits are of another rank, or
            fewer than 2, or their number is not known statically.
        TypeError: If the logits are not of a floating type.

    Example:
        >>> unlabelled_loss(tf.zeros([8, 11]), label_smoothing=0.1).shape.as_list()
        []

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, sections 5, and 3.4
        (smoothing). https://arxiv.org/abs/1606.03498
    """
    target = real_target(label_smoothing)
    return mean_cross_entropy(logit_of_real(class_logits), target)


def generated_loss(class_logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """The cross-entropy that calls generated images generated.

    With `p = softmax(class_logits)`, computes

        mean(-(1 - label_smoothing) * log(p[:, -1]) - label_smoothing * mean(log(p[:, :-1])))

    where the inner mean is over the classes. Smoothing the target of generated images is what
    a widely used implementation does, with 0.1; the paper advises against it, as it holds the
    generator where it is wrong.

    Shapes:
        class_logits: `[batch, num_classes + 1]`.

    Args:
        class_logits: What the discriminator returns for generated images.
        label_smoothing: What the other classes get of the target together, in equal parts.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1), the logits are of another rank, or
            fewer than 2, or their number is not known statically.
        TypeError: If the logits are not of a floating type.

    Example:
        >>> generated_loss(tf.zeros([8, 11]), label_smoothing=0.1).shape.as_list()
        []

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016, sections 5, and 3.4
        (smoothing). https://arxiv.org/abs/1606.03498
    """
    target = real_target(label_smoothing)
    class_logits = _checked(class_logits)
    num_classes = static_size(class_logits, 1) - 1
    targets = [label_smoothing / num_classes] * num_classes + [target]
    targets = tf.zeros_like(class_logits) + tf.constant(targets, class_logits.dtype)
    return tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(labels=targets, logits=class_logits)
    )


def labelled_accuracy(class_logits: Tensor, labels: Tensor) -> Tensor:
    """The share of the known labels that are those of the largest logit.

    The logit of the class "generated" has no say. If no label is known, it is 0.

    Shapes:
        class_logits: `[batch, num_classes + 1]`.
        labels: `[batch]`.

    Args:
        class_logits: What the discriminator returns for real images.
        labels: Integers below `num_classes`; a negative one, such as -1, is not known.

    Returns:
        A scalar, in float32 at least.

    Raises:
        ValueError: If the shapes are not as above, or the number of logits is not known
            statically.
        TypeError: If the logits are not of a floating type, or the labels of no integer one.

    Example:
        >>> labelled_accuracy(tf.zeros([4, 11]), [3, -1, -1, 7]).shape.as_list()
        []
    """
    class_logits, labels = _checked_pair(class_logits, labels)
    found = tf.argmax(class_logits[:, :-1], axis=1, output_type=tf.int32)
    return _mean_of_known(tf.cast(tf.equal(found, labels), class_logits.dtype), labels)


def _mean_of_known(values: Tensor, labels: Tensor) -> Tensor:
    is_known = tf.cast(labels >= 0, values.dtype)
    return tf.reduce_sum(is_known * values) / tf.maximum(tf.reduce_sum(is_known), 1.0)


def _checked(class_logits: Tensor, fewest: int = 2) -> Tensor:
    class_logits = checked_logits(class_logits, "class_logits")
    shape = class_logits.shape
    if shape.rank != 2 or static_size(class_logits, 1) is None:
        raise ValueError(
            "`class_logits` must be [batch, classes] with a static number of classes; got shape "
            "{}.".format(shape)
        )
    if static_size(class_logits, 1) < fewest:
        raise ValueError(
            "`class_logits` must have at least {} columns, one for each class{}; got shape "
            "{}.".format(
                fewest, ' and the last for "generated"' if fewest > 1 else "", class_logits.shape
            )
        )
    return class_logits


def _checked_pair(class_logits: Tensor, labels: Tensor) -> Tuple[Tensor, Tensor]:
    class_logits, labels = _checked(class_logits), tf.convert_to_tensor(labels)
    if not labels.dtype.is_integer:
        raise TypeError(
            "`labels` must be the numbers of classes, of an integer type; got {}.".format(
                labels.dtype.name
            )
        )
    if labels.shape.rank != 1 or not labels.shape.is_compatible_with(class_logits.shape[:1]):
        raise ValueError(
            "`labels` must be [batch], one for each of `class_logits` of shape {}; got shape "
            "{}.".format(class_logits.shape, labels.shape)
        )
    return class_logits, tf.cast(labels, tf.int32)


def _log_sum_exp(logits: Tensor) -> Tensor:
    # Not `tf.reduce_logsumexp`: it asks whether logits are finite, which an Ascend 910 cannot tell.
    largest = tf.stop_gradient(tf.reduce_max(logits, axis=1, keepdims=True))
    return largest[:, 0] + tf.math.log(tf.reduce_sum(tf.exp(logits - largest), axis=1))
