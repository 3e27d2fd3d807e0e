"""Gradients averaged over the processes."""

import os

import tensorflow.compat.v1 as tf

from npu_bridge.hccl import hccl_ops


def npu_allreduce(values, reduction="mean", fusion=1, fusion_id=-1, group="hccl_world_group"):
    if isinstance(values, (list, tuple)):
        return [npu_allreduce(each, reduction, fusion, fusion_id, group) for each in values]
    if values is None:
        return None
    total = hccl_ops.allreduce(values, "sum" if reduction == "mean" else reduction, fusion)
    return total / int(os.environ.get("RANK_SIZE", "1")) if reduction == "mean" else total


class NPUDistributedOptimizer(tf.train.Optimizer):
    def __init__(self, optimizer, is_weight_update_sharding=False, name=None):
        super().__init__(False, name or "NPUDistributed" + type(optimizer).__name__)
        self._optimizer = optimizer

    def compute_gradients(self, *args, **kwargs):
        pairs = self._optimizer.compute_gradients(*args, **kwargs)
        if int(os.environ.get("RANK_SIZE", "1")) <= 1:
            return pairs
        return [(npu_allreduce(g), v) for g, v in pairs]

    def apply_gradients(self, *args, **kwargs):
        return self._optimizer.apply_gradients(*args, **kwargs)

    def get_slot(self, *args, **kwargs):
        return self._optimizer.get_slot(*args, **kwargs)

    def get_slot_names(self, *args, **kwargs):
        return self._optimizer.get_slot_names(*args, **kwargs)

    def variables(self):
        return self._optimizer.variables()


def npu_distributed_optimizer_wrapper(optimizer):
    """Changes `compute_gradients` of the very object; the size is read once, here."""
    compute, size = optimizer.compute_gradients, int(os.environ.get("RANK_SIZE", "1"))

    def compute_gradients(*args, **kwargs):
        pairs = compute(*args, **kwargs)
        return pairs if size <= 1 else [(npu_allreduce(g), v) for g, v in pairs]

    optimizer.compute_gradients = compute_gradients
    return optimizer


class NPUOptimizer(tf.train.Optimizer):
    def __init__(
        self,
        opt,
        loss_scale_manager=None,
        is_distributed=False,
        is_loss_scale=False,
        is_tailing_optimization=False,
        name=None,
    ):
        raise NotImplementedError("The stand-in has no NPUOptimizer.")
