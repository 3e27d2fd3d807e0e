"""Odds and ends."""

import os

import tensorflow.compat.v1 as tf


def get_ranksize():
    size, workers = os.environ.get("RANK_SIZE"), os.environ.get("CM_WORKER_SIZE")
    if size and workers:
        raise ValueError("RANK_SIZE and CM_WORKER_SIZE cannot be configured at the same time")
    return size or workers or "1"


def set_iteration_per_loop(sess, train_op, iterations_per_loop=1):
    if sess.graph.finalized:
        raise RuntimeError("Graph is finalized and cannot be modified.")
    return train_op if iterations_per_loop == 1 else tf.group(train_op, name="IterationOp")


def set_graph_exec_config(
    fetch,
    dynamic_input=False,
    dynamic_graph_execute_mode="dynamic_execute",
    dynamic_inputs_shape_range=None,
    is_train_graph=False,
    experimental_config=None,
):
    return fetch


def keep_tensors_dtypes(graph, names):
    for name in names:
        graph.get_operation_by_name(name)._set_attr("_keep_dtype", tf.AttrValue(i=1))


def variable_initializer_in_host(variables):
    return tf.group(*[variable.initializer for variable in variables])
