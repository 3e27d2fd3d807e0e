"""A small frozen extractor for tests, whose features can be computed by hand."""

import numpy as np
import tensorflow.compat.v1 as v1
import tensorflow.compat.v2 as tf

from genflow.export import FrozenGraph, save_frozen_graph


def save_extractor(path, size=(4, 4, 1), outputs=("features", "probabilities"), **manifest):
    """Features: mean and top left corner. Logits: the mean and its negative."""
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, [None] + list(size))
        mean = tf.reduce_mean(images, axis=[1, 2, 3])
        logits = tf.stack([mean, -mean], axis=1)
        tensors = {
            "features": tf.stack([mean, images[:, 0, 0, 0]], axis=1),
            "logits": logits,
            "probabilities": tf.nn.softmax(logits),
        }
        chosen = {name: tensors[name] for name in outputs}
        fields = dict({"value_range": [-1, 1]}, **manifest)
        save_frozen_graph(path, session, {"images": images}, chosen, fields)
    return FrozenGraph(path)


def random_images(count, seed=0, size=(4, 4, 1)):
    return np.random.RandomState(seed).randint(0, 256, (count,) + size).astype(np.uint8)


def features_of(images, low=-1.0, high=1.0):
    """What the extractor must find."""
    scaled = low + images / 255.0 * (high - low)
    return np.stack([scaled.mean(axis=(1, 2, 3)), scaled[:, 0, 0, 0]], axis=1)


def probabilities_of(images):
    mean = features_of(images)[:, 0]
    logits = np.stack([mean, -mean], axis=1)
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
