"""Ascend: sessions that cannot be misused, and what they need."""

from genflow.ascend.backends import Backend, BackendError, find_backend
from genflow.ascend.cann_release import Lifetime
from genflow.ascend.check_graph import (
    Finding,
    check_graph,
    describe_findings,
    require_npu_graph,
    supported_operations,
)
from genflow.ascend.host_config import host_config
from genflow.ascend.job import Job, find_job
from genflow.ascend.launch import launch
from genflow.ascend.loss_scale import (
    DynamicLossScale,
    FixedLossScale,
    LossScaleState,
    parse_loss_scale,
)
from genflow.ascend.mixed_list import MixedList, read_mixed_list, write_mixed_list
from genflow.ascend.npu_optimizer import effective_options
from genflow.ascend.options import OPTIONS, Option
from genflow.ascend.precision import Precision, apply_precision, hold_dtypes, npu_precision
from genflow.ascend.rank import Rank, local_ranks
from genflow.ascend.rank_table import read_rank_table, write_rank_table
from genflow.ascend.session import BackendSession, session
from genflow.ascend.session_config import session_config

__all__ = [
    "Backend",
    "BackendError",
    "BackendSession",
    "DynamicLossScale",
    "Finding",
    "FixedLossScale",
    "Job",
    "Lifetime",
    "LossScaleState",
    "MixedList",
    "OPTIONS",
    "Option",
    "Precision",
    "Rank",
    "apply_precision",
    "check_graph",
    "describe_findings",
    "effective_options",
    "find_backend",
    "find_job",
    "hold_dtypes",
    "host_config",
    "launch",
    "local_ranks",
    "npu_precision",
    "parse_loss_scale",
    "read_mixed_list",
    "read_rank_table",
    "require_npu_graph",
    "session",
    "session_config",
    "supported_operations",
    "write_mixed_list",
    "write_rank_table",
]
