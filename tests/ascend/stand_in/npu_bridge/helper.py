"""Loads the adapter's library: here, nothing."""

import npu_stand_in

if npu_stand_in.fault() == npu_stand_in.OS_ERROR:
    raise OSError("libge_runner.so: cannot open shared object file: No such file or directory")
if npu_stand_in.fault() == npu_stand_in.NO_LIBRARY:
    # The real package prints what the loader said, and goes on to this.
    print("_tf_adapter.so: cannot open shared object file: No such file or directory")
    raise ImportError("cannot import name 'npu_bridge_handle'")


class _GeneratedOps:
    @staticmethod
    def npu_alloc_float_status(name=None):
        return npu_stand_in.float_status()

    @staticmethod
    def npu_get_float_status(input, name=None):
        return npu_stand_in.float_status()

    @staticmethod
    def npu_clear_float_status(input, name=None):
        return npu_stand_in.clear_float_status()

    @staticmethod
    def npu_get_float_status_v2(name=None):
        return npu_stand_in.float_status()

    @staticmethod
    def npu_clear_float_status_v2(name=None):
        return npu_stand_in.clear_float_status()


def get_gen_ops():
    """The operations that the library has."""
    return _GeneratedOps
