"""What the names of a precision mean on an NPU, a GPU and a CPU."""

import os
from typing import Any, Dict, Mapping, NamedTuple, Optional

import tensorflow.compat.v2 as tf

from genflow.ascend.options import OPTIONS
from genflow.ascend.precision_modes import REDUCING
from genflow.core.precision import is_kept

ConfigProto = tf.compat.v1.ConfigProto

_NAMES = sorted(set(OPTIONS["precision_mode"].values + OPTIONS["precision_mode_v2"].values))
# The same field of the configuration, in newer and in older releases of TensorFlow 2.
_CPU_FIELDS = ("auto_mixed_precision_onednn_bfloat16", "auto_mixed_precision_mkl")
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
_PRESERVED = "_grappler_do_not_remove"
# What an NPU computes networks in, where that is not float16: so it is by default on a 910.
_NPU_DTYPES = {
    "force_fp32": "float32",
    "must_keep_origin_dtype": "float32",
    "origin": "float32",
    "allow_fp32_to_bf16": "bfloat16",
    "allow_mix_precision_bf16": "bfloat16",
    "mixed_bfloat16": "bfloat16",
}


class Precision(NamedTuple):
    """What a session computes networks in.

    Attributes:
        dtype: `"float32"`, or what networks are reduced to: `"float16"` or `"bfloat16"`. On an
            NPU `"npu"`: its own options decide.
        description: The same in a sentence, with the reason.

    Example:
        >>> apply_precision(tf.compat.v1.ConfigProto(), "force_fp32", "cpu").dtype
        'float32'
    """

    dtype: str
    description: str

    @property
    def is_rewritten(self) -> bool:
        """Whether TensorFlow rewrites the graph, and `hold_dtypes` is needed."""
        return self.dtype in ("float16", "bfloat16")


def apply_precision(config: ConfigProto, precision: Optional[str], backend: str) -> Precision:
    """Lets a session compute in a precision, by the names that Ascend's adapter has for it.

    The names of mixed precision mean: on a GPU, TensorFlow rewrites the graph to float16; on a
    CPU with instructions for bfloat16, TensorFlow 2 rewrites it to that. Every other name, and
    every name on another CPU, means float32 there. The configuration for an NPU is left alone:
    it gets `npu_precision`. What is in `genflow.core.keep_dtype` is never reduced, if the
    session calls `hold_dtypes`, as that of `genflow.ascend.session` does.

    float16 needs a loss scale; bfloat16 and float32 do not.

    Args:
        config: Of a session; changed in place.
        precision: A value of `precision_mode` or `precision_mode_v2`. With `None` or an empty
            string everything is left as it is.
        backend: `"npu"`, `"gpu"` or `"cpu"`.

    Returns:
        What the session will compute in.

    Raises:
        ValueError: If there is no such precision.

    Example:
        >>> config = tf.compat.v1.ConfigProto()
        >>> apply_precision(config, "allow_mix_precision", "gpu").dtype
        'float16'
        >>> config.graph_options.rewrite_options.auto_mixed_precision
        1
    """
    options = npu_precision(precision)
    if backend == "npu":
        said = ", ".join("{} {}".format(*item) for item in options.items())
        return Precision("npu", said or "the default of the NPU")
    if not precision:
        return Precision("float32", "float32")
    reduced = REDUCING.get(precision)
    if not reduced:
        return Precision("float32", "float32, which {} means here".format(precision))
    reason = _why_not(config, reduced, backend)
    if reason:
        return Precision("float32", "float32, for {} ({})".format(reason, precision))
    rewriting = config.graph_options.rewrite_options
    field = "auto_mixed_precision" if backend == "gpu" else _cpu_field()
    setattr(rewriting, field, rewriting.ON)
    dtype = "float16" if backend == "gpu" else "bfloat16"
    return Precision(
        dtype,
        "{} in networks, float32 in log-determinants, inverses, priors and losses ({})".format(
            dtype, precision
        ),
    )


def npu_precision(precision: Optional[str]) -> Dict[str, str]:
    """The option of the NPU that a precision stands for.

    Args:
        precision: See `apply_precision`.

    Returns:
        `precision_mode` or `precision_mode_v2`, whichever has such a value; the first where both
        have, for older releases of CANN know it. Nothing without a precision.

    Raises:
        ValueError: If there is no such precision.

    Example:
        >>> npu_precision("mixed_float16")
        {'precision_mode_v2': 'mixed_float16'}
    """
    if not precision:
        return {}
    if precision not in _NAMES:
        raise ValueError(
            "`precision` must be a value of precision_mode or precision_mode_v2: {}; got "
            "{!r}.".format(", ".join(_NAMES), precision)
        )
    is_older = precision in OPTIONS["precision_mode"].values
    return {"precision_mode" if is_older else "precision_mode_v2": precision}


def npu_dtype(options: Mapping[str, Any]) -> str:
    """What an NPU computes networks in.

    Args:
        options: The effective options of its session.

    Returns:
        `"float16"`, as by default on a 910, `"bfloat16"` or `"float32"`.

    Example:
        >>> npu_dtype({"precision_mode": "force_fp32"})
        'float32'
    """
    mode = options.get("precision_mode") or options.get("precision_mode_v2")
    return _NPU_DTYPES.get(mode, "float16")


def hold_dtypes(graph: tf.Graph, start: int = 0) -> int:
    """Lets no rewriting reduce what is marked to keep its type.

    A GPU's and a CPU's mixed precision chooses by the kind of an operation, and does not know the
    mark of Ascend's adapter; but it leaves alone what it is told to preserve.

    Args:
        graph: To be run by a session whose `Precision.is_rewritten`.
        start: How many operations it had when this was done before.

    Returns:
        How many it has.

    Example:
        >>> with tf.Graph().as_default() as graph:
        ...     x = tf.constant([1.0])
        >>> hold_dtypes(graph)
        1
    """
    operations = graph.get_operations()
    preserved = tf.compat.v1.AttrValue(b=True)
    for operation in operations[start:]:
        if _is_float(operation) and is_kept(operation):
            operation._set_attr(_PRESERVED, preserved)
    return len(operations)


def cpu_has_bfloat16() -> bool:
    """Whether this machine's CPU has instructions for bfloat16, as far as it can be told."""
    try:
        with open("/proc/cpuinfo") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return False
    return bool(_CPU_FLAGS & set(flags.split()))


def _why_not(config: ConfigProto, reduced: str, backend: str) -> str:
    """Why the graph cannot be rewritten, if so."""
    if config.graph_options.rewrite_options.disable_meta_optimizer:
        return "the configuration lets no graph be rewritten"
    if backend == "gpu":
        return "" if reduced == "float16" else "TensorFlow rewrites graphs of a GPU to float16 only"
    if _cpu_field() is None:
        return "this TensorFlow has no mixed precision on a CPU"
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").lower() in ("0", "false"):
        return "TF_ENABLE_ONEDNN_OPTS is off"
    return "" if cpu_has_bfloat16() else "this CPU has no instructions for bfloat16"


def _cpu_field() -> Optional[str]:
    known = ConfigProto().graph_options.rewrite_options.DESCRIPTOR.fields_by_name
    return next((field for field in _CPU_FIELDS if field in known), None)


def _is_float(operation: Any) -> bool:
    """Whether it could be reduced at all: others are left to be simplified."""
    tensors = list(operation.outputs) + list(operation.inputs)
    return any(tensor.dtype == tf.float32 for tensor in tensors)
