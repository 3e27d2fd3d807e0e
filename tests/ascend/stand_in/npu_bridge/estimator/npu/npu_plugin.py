"""What holds for the process."""

_mode = {"saturation": 0}


def npu_resource_init(graph_run_mode=1, op_debug_level=0, **options):
    """Initialises the system for the process, without a session."""


def npu_resource_shutdown():
    """Ends what `npu_resource_init` has begun."""


def set_device_sat_mode(mode):
    _mode["saturation"] = mode


def is_inf_nan_enabled():
    return _mode["saturation"] == 1
