"""Labels that are not known, where they are needed and where they are not."""

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

from genflow import losses
from genflow.core import Network
from genflow.data import ImageSource, PartlyLabelledSet
from genflow.networks import Dense
from genflow.training import Fooling, GanLoss, GanTrainer, Minimizer, SemiSupervisedLoss

PLAIN = GanLoss(losses.hinge_generator_loss, losses.hinge_discriminator_loss)
MESSAGE = r"labels of sparse must be known.* of the 4 images of a batch .*, {} have the label -1"


class Sparse(ImageSource):
    """Images some of which have no label, in a source that does not say how many of a batch."""

    name, image_shape, num_classes = "sparse", (2, 2, 1), 3

    def __init__(self, labels):
        self.labels = np.array(labels, np.int32)

    def __len__(self):
        return len(self.labels)

    def read(self, indices):
        images = np.zeros([len(indices), 2, 2, 1], np.uint8)
        return images + indices[:, None, None, None].astype(np.uint8), self.labels[indices]

    def batch_indices(self, batch_size, seed, step):
        return np.arange(step * batch_size, (step + 1) * batch_size) % len(self)

    def _part(self, first, last):
        return Sparse(self.labels[first:last])


class Linear(Network):
    def __init__(self, shape, seed):
        super().__init__()
        self.shape, self.dense = shape, Dense(int(np.prod(shape)), seed=seed)

    def _call(self, x, context, training):
        y = self.dense(tf.reshape(x, [-1, int(np.prod(x.shape.as_list()[1:]))]))
        return tf.reshape(y, (-1,) + self.shape)


def trainer(run_dir, loss, labels, num_outputs=1, **arguments):
    def minimizer():
        return Minimizer(lambda step: tf.compat.v1.train.GradientDescentOptimizer(0.1))

    return GanTrainer(
        lambda seed: Linear((2, 2, 1), 1),
        lambda seed: Linear((num_outputs,), 2),
        loss,
        minimizer(),
        minimizer(),
        labels if isinstance(labels, ImageSource) else Sparse(labels),
        str(run_dir),
        z_dim=3,
        batch_size=4,
        num_samples=0,
        show_progress=False,
        **arguments,
    )


@pytest.mark.parametrize(("labels", "count"), [([-1] * 12, 4), ([0, 1, -1, 2] * 3, 1)])
def test_rejects_classes_that_are_not_known(tmp_path, labels, count):
    with pytest.raises(ValueError, match=MESSAGE.format(count)):
        trainer(tmp_path, PLAIN, labels, class_conditional=True)


def test_rejects_a_semi_supervised_loss_without_a_label(tmp_path):
    with pytest.raises(ValueError, match=MESSAGE.format(4) + r".*`PartlyLabelledSet`"):
        trainer(tmp_path, SemiSupervisedLoss(Fooling()), [-1] * 12, num_outputs=3)


def test_a_label_that_is_missing_later_ends_training(tmp_path):
    """By the batch that has it, the third one."""
    gan = trainer(tmp_path, PLAIN, [0, 1, 2, 0] * 2 + [0, 1, -1, 2], class_conditional=True)
    with pytest.raises(ValueError, match="Step 3: The " + MESSAGE.format(1)):
        gan.train(3)


def test_labels_are_not_missed_where_nothing_needs_them(tmp_path):
    assert trainer(tmp_path, PLAIN, [-1] * 12).train(2)["num_steps"] == 2


def test_what_the_message_says_helps(tmp_path):
    labels = [0, 1, -1, 2] * 3
    partly = PartlyLabelledSet(Sparse(labels))
    loss = SemiSupervisedLoss(Fooling())
    assert trainer(tmp_path / "a", loss, partly, num_outputs=3).train(3)["num_steps"] == 3
    known = trainer(tmp_path / "b", PLAIN, partly.labelled(), class_conditional=True)
    assert known.train(3)["num_steps"] == 3
