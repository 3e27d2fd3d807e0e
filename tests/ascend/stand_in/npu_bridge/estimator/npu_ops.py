"""Operations of the system."""

import npu_stand_in


def initialize_system(name=None):
    return npu_stand_in.recorded("NPUInit", npu_stand_in.INIT_FAILS, name)


def shutdown_system(name=None):
    return npu_stand_in.recorded("NPUShutdown", npu_stand_in.SHUTDOWN_FAILS, name)
