"""The NPUs that a process can see, and their two kinds of numbers."""

import os
import re
from typing import List


def present_devices(folder: str = "/dev") -> List[int]:
    """The physical numbers of the NPUs that are there, in ascending order.

    In a container these may be some of the host's, such as 5 alone.
    """
    names = os.listdir(folder) if os.path.isdir(folder) else []
    numbers = [re.match(r"davinci(\d+)$", name) for name in names]
    return sorted(int(match.group(1)) for match in numbers if match)


def logical_number(device_id: int, folder: str = "/dev") -> int:
    """The logical number of an NPU, which counts those that are there.

    The adapter takes it from ASCEND_DEVICE_ID, and the physical one from DEVICE_ID.

    Args:
        device_id: The physical number.
        folder: Where the devices are.

    Returns:
        The number; the physical one if that device cannot be seen.
    """
    present = present_devices(folder)
    return present.index(device_id) if device_id in present else device_id
