"""Collective operations. With one process each returns what it was given."""

import hccl  # noqa: F401  The real package needs it here, too.
import npu_stand_in
import tensorflow.compat.v1 as tf

_WORLD = "hccl_world_group"
_REDUCED = [tf.int8, tf.int16, tf.int32, tf.int64, tf.float16, tf.float32, tf.bfloat16]


def allreduce(tensor, reduction, fusion=1, fusion_id=-1, group=_WORLD):
    tensor = tf.convert_to_tensor(tensor)
    if tensor.dtype.base_dtype not in _REDUCED:
        raise TypeError("HcomAllReduce does not take {}".format(tensor.dtype))
    if reduction not in ("min", "max", "prod", "sum"):
        raise ValueError("reduction must be min, max, prod or sum; got {}".format(reduction))
    return npu_stand_in.passed("HcomAllReduce", tensor)


def broadcast(tensor, root_rank, fusion=2, fusion_id=0, group=_WORLD):
    if not isinstance(tensor, (list, tuple)):
        raise TypeError("tensor must be a list")
    return [npu_stand_in.passed("HcomBroadcast", tf.convert_to_tensor(each)) for each in tensor]


def allgather(tensor, rank_size, group=_WORLD, fusion=0, fusion_id=-1):
    return npu_stand_in.passed("HcomAllGather", tf.concat([tensor] * rank_size, axis=0))


def reduce(tensor, reduction, root_rank, fusion=0, fusion_id=-1, group=_WORLD):
    return npu_stand_in.passed("HcomReduce", tf.convert_to_tensor(tensor))


def reduce_scatter(tensor, reduction, rank_size, group=_WORLD, fusion=0, fusion_id=-1):
    return npu_stand_in.passed("HcomReduceScatter", tf.split(tensor, rank_size)[0])
