"""A stand-in for the collective communication that comes with CANN; see `npu_stand_in`."""

import npu_stand_in

if npu_stand_in.fault() == npu_stand_in.NO_HCCL:
    raise ModuleNotFoundError("No module named 'hccl'", name="hccl")
