"""Scopes that mark the nodes made in them."""

import contextlib

import tensorflow.compat.v1 as tf


@contextlib.contextmanager
def _marked(**attributes):
    with tf.get_default_graph()._attr_scope(attributes):
        yield


def keep_dtype_scope():
    return _marked(_keep_dtype=tf.AttrValue(i=1))


def without_npu_compile_scope():
    return _marked(_without_npu_compile=tf.AttrValue(b=True))
