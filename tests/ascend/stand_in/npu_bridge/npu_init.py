"""The import that changes every session of the process; genflow must never make it."""

import tensorflow.compat.v1 as tf
from tensorflow.core.protobuf import rewriter_config_pb2

from npu_bridge import helper, npu_close  # noqa: F401
from npu_bridge.estimator.npu.npu_loss_scale_manager import (  # noqa: F401
    ExponentialUpdateLossScaleManager,
    FixedLossScaleManager,
)
from npu_bridge.estimator.npu.npu_loss_scale_optimizer import NPULossScaleOptimizer  # noqa: F401
from npu_bridge.estimator.npu.npu_optimizer import (  # noqa: F401
    NPUDistributedOptimizer,
    npu_allreduce,
    npu_distributed_optimizer_wrapper,
)
from npu_bridge.estimator.npu_ops import initialize_system, shutdown_system  # noqa: F401
from npu_bridge.hccl import hccl_ops  # noqa: F401

_OFF = rewriter_config_pb2.RewriterConfig.OFF


def npu_config_proto(config_proto=None):
    config = config_proto if isinstance(config_proto, tf.ConfigProto) else tf.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    if not any(entry.name == "NpuOptimizer" for entry in rewrite.custom_optimizers):
        rewrite.custom_optimizers.add().name = "NpuOptimizer"
        rewrite.memory_optimization = _OFF
    rewrite.remapping = _OFF
    config.graph_options.optimizer_options.global_jit_level = tf.OptimizerOptions.OFF
    config.allow_soft_placement = True
    config.log_device_placement = False
    return config


def npu_tf_optimizer(opt):
    return NPUDistributedOptimizer(opt)


def _patched(init):
    def __init__(self, target="", graph=None, config=None):
        init(self, target, graph, npu_config_proto(config))

    return __init__


tf.Session.__init__ = _patched(tf.Session.__init__)
tf.InteractiveSession.__init__ = _patched(tf.InteractiveSession.__init__)
