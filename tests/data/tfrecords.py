"""Record files made with TensorFlow alone, for the tests of what reads them."""

import os

import numpy as np
import tensorflow.compat.v2 as tf


def integers(values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def strings(values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def example(features):
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def image_features(image, label, **more):
    """The features of the original's records."""
    shape, data = integers(image.shape), strings([image.tobytes()])
    return dict({"data": data, "shape": shape, "label": integers([label])}, **more)


def write_file(path, payloads):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for payload in payloads:
            writer.write(payload)
    return str(path)


def random_images(count, size=4, seed=0):
    images = np.random.RandomState(seed).randint(256, size=[count, size, size, 3])
    return images.astype(np.uint8)


def write_split(data_dir, images, labels, num_shards, split="train"):
    """Writes records in the layout of the original, in order, and returns their paths."""
    folder = os.path.join(str(data_dir), split)
    os.makedirs(folder, exist_ok=True)
    log2_size = images.shape[1].bit_length() - 1
    paths = []
    for number, part in enumerate(np.array_split(np.arange(len(images)), num_shards)):
        name = "{}-r{:02d}-s-{:04d}-of-{:04d}.tfrecords".format(
            split, log2_size, number, num_shards
        )
        payloads = [example(image_features(images[i], labels[i])) for i in part]
        paths.append(write_file(os.path.join(folder, name), payloads))
    return paths
