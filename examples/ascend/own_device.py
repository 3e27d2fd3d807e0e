"""The device that the environment means."""

import os
from typing import Mapping

from genflow.ascend.devices import present_devices

_VARIABLE = "ASCEND_DEVICE_ID"


def own_device(environment: Mapping[str, str] = os.environ, folder: str = "/dev") -> int:
    """The physical number of the device, of which ASCEND_DEVICE_ID is the logical one.

    Args:
        environment: Of the process.
        folder: Where the devices are.

    Returns:
        The number; the logical one where there is no such device.

    Raises:
        ValueError: If the variable is no number.
    """
    text = environment.get(_VARIABLE) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError(
            "{} must be the number of a device, in digits; got {!r}: set it so, or unset "
            "it.".format(_VARIABLE, text)
        )
    present, number = present_devices(folder), int(text)
    return present[number] if number < len(present) else number
