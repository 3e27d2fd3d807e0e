"""The NPUs that a process can see, and their two kinds of numbers."""

import os
import re
from typing import List, Mapping, Optional

_FOLDER = "/dev"


def present_devices() -> List[int]:
    """The physical numbers of the NPUs that are there, in ascending order.

    In a container these may be some of the host's, such as 5 alone.
    """
    names = os.listdir(_FOLDER) if os.path.isdir(_FOLDER) else []
    numbers = [re.match(r"davinci(\d+)$", name) for name in names]
    return sorted(int(match.group(1)) for match in numbers if match)


def logical_number(device_id: int) -> int:
    """The logical number of an NPU, which counts those that are there.

    The adapter takes it from ASCEND_DEVICE_ID, and the physical one from DEVICE_ID.

    Args:
        device_id: The physical number.

    Returns:
        The number; the physical one if that device cannot be seen.
    """
    present = present_devices()
    return present.index(device_id) if device_id in present else device_id


def physical_number(number: int) -> int:
    """The physical number of an NPU, as in `/dev/davinci5`.

    Args:
        number: The logical number.

    Returns:
        The number; the logical one if there are not as many devices.
    """
    present = present_devices()
    return present[number] if number < len(present) else number


def own_device(
    session_device_id: Optional[int] = None, environment: Optional[Mapping[str, str]] = None
) -> int:
    """The logical number of the NPU that the adapter takes.

    That is the one that the option of the session says, else ASCEND_DEVICE_ID, else DEVICE_ID, a
    physical number, else 0.

    Args:
        session_device_id: The option, if the session has it.
        environment: By default that of this process.

    Raises:
        ValueError: If the variable is no number, or none of a device where there are some.

    Example:
        >>> own_device(environment={"ASCEND_DEVICE_ID": "3", "DEVICE_ID": "7"})
        3
    """
    environment = os.environ if environment is None else environment
    if session_device_id is not None:
        return session_device_id
    present = present_devices()
    numbers = {"ASCEND_DEVICE_ID": list(range(len(present))), "DEVICE_ID": present}
    for name, known in numbers.items():
        if environment.get(name):
            number = _number(environment, name)
            if known and number not in known:
                raise ValueError(
                    "{} must be of the devices that are there, {}; got {}: set it so, or unset "
                    "it.".format(name, ", ".join(map(str, known)), number)
                )
            return known.index(number) if known else number
    return 0


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError(
            "{} must be the number of a device, in digits; got {!r}: set it so, or unset "
            "it.".format(name, text)
        )
    return int(text)
