"""The training of a small classifier, and its way into a file."""

from typing import Any, Dict, NamedTuple

import numpy as np
import tensorflow.compat.v2 as tf
from tqdm import tqdm

from genflow.core import child_seeds, fold_in, make_seed
from genflow.core.types import Tensor
from genflow.data import ImageSource, batches
from genflow.export import save_frozen_graph
from genflow.metrics.classification_accuracy import classification_accuracy
from genflow.metrics.classifier_features import ClassifierFeatures
from genflow.metrics.scaled_pixels import scaled_pixels
from genflow.networks import Dense, Dropout
from genflow.training import Minimizer, NonFiniteError, to_range
from genflow.training.checkpoints import OpenSession

_EVALUATION_BATCH = 500
_VALUE_RANGE = (-1.0, 1.0)


class ClassifierSettings(NamedTuple):
    """What a training depends on besides the data; see `train_classifier`."""

    seed: int
    num_steps: int
    batch_size: int
    num_features: int
    learning_rate: float
    dropout_rate: float


def train_and_freeze(
    path: str,
    train_set: ImageSource,
    test_set: ImageSource,
    settings: ClassifierSettings,
    manifest: Dict[str, Any],
    open_session: OpenSession,
    show_progress: bool,
) -> None:
    """Trains a classifier and writes it as the frozen graph of a `FeatureExtractor`.

    Args:
        path: The file; it is replaced only when the new one is complete.
        train_set: What is learned.
        test_set: What the accuracy is measured on.
        settings: See `train_classifier`.
        manifest: What the manifest of the graph gets besides.
        open_session: Opens the session, on the default graph.
        show_progress: Whether there is a progress bar.

    Raises:
        NonFiniteError: If the training diverges.
    """
    with tf.Graph().as_default():
        tensors = _Tensors(train_set, settings)
        with open_session() as session:
            session.run(tf.compat.v1.global_variables_initializer())
            _train(session, tensors, settings.num_steps, show_progress)
            fields = {
                "value_range": list(_VALUE_RANGE),
                "test_accuracy": _accuracy(session, tensors, test_set),
                "settings": dict(settings._asdict()),
            }
            fields.update(manifest)
            inputs = {"images": tensors.images}
            save_frozen_graph(path, session, inputs, tensors.outputs, fields)


class _Tensors:
    """The graph: the update, and the outputs for images that are fed."""

    def __init__(self, train_set: ImageSource, settings: ClassifierSettings) -> None:
        self._step = tf.compat.v1.train.get_or_create_global_step()
        feature_seed, head_seed, dropout_seed = child_seeds(settings.seed, 3)
        image_shape = list(train_set.image_shape)
        self._features = ClassifierFeatures(image_shape, settings.num_features, feature_seed)
        self._dropout = Dropout(
            settings.dropout_rate, lambda: fold_in(make_seed(dropout_seed), self._step)
        )
        self._head = Dense(train_set.num_classes, seed=head_seed)
        dataset = batches(train_set, settings.batch_size, settings.seed)
        self.update = self._update(dataset, settings)
        self.images = tf.compat.v1.placeholder(tf.float32, [None] + image_shape)
        features = self._features(self.images)
        probabilities = tf.nn.softmax(self._head(features))
        self.outputs = {"features": features, "probabilities": probabilities}

    def _update(self, dataset: tf.data.Dataset, settings: ClassifierSettings) -> Any:
        images, labels = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
        features = self._features(to_range(images, _VALUE_RANGE), training=True)
        logits = self._head(self._dropout(features, training=True))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)

        def make_optimizer(step: Tensor) -> tf.compat.v1.train.Optimizer:
            left = 1.0 - tf.cast(step, tf.float32) / settings.num_steps
            rate = settings.learning_rate * tf.minimum(1.0, 2.0 * left)
            return tf.compat.v1.train.AdamOptimizer(rate)

        modules = {"features": self._features, "head": self._head}
        return Minimizer(make_optimizer).update(tf.reduce_mean(losses), modules, self._step)


def _train(
    session: tf.compat.v1.Session, tensors: _Tensors, num_steps: int, show_progress: bool
) -> None:
    disable = None if show_progress else True
    for step in tqdm(range(num_steps), "classifier", unit="step", leave=False, disable=disable):
        _, metrics = session.run([tensors.update.op, tensors.update.metrics])
        if not metrics["is_finite"]:
            raise NonFiniteError(
                "The loss or the gradient of step {} of the classifier is not finite: take a "
                "smaller `learning_rate`.".format(step + 1)
            )


def _accuracy(session: tf.compat.v1.Session, tensors: _Tensors, test_set: ImageSource) -> float:
    def judge(images: np.ndarray) -> np.ndarray:
        feed = {tensors.images: scaled_pixels(images, _VALUE_RANGE)}
        return session.run(tensors.outputs["probabilities"], feed)

    return classification_accuracy(judge, test_set, _EVALUATION_BATCH)
