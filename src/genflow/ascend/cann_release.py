"""The order of CANN's releases."""

import re
from typing import NamedTuple, Optional, Tuple

_FORM = re.compile(
    r"(\d+)\.(\d+)(?:\.(?:RC(?P<candidate>\d+)|(?P<patch>\d+)))?"
    r"(?:\.(?P<stage>alpha|beta)?(?P<number>\d+))?",
    re.IGNORECASE,
)
_STAGES = {"alpha": 0, "beta": 1, None: 2}


class Lifetime(NamedTuple):
    """In which releases of CANN there is an option, or one of its values.

    The adapter's history is known at some releases only, so there may be a gap between the
    last one that is known to be without and the first one that is known to be with.

    Attributes:
        since: The first release that is known to have it; none if no release has it.
        not_in: The last that is known not to have it; none if that is the one before `since`.
        until: For what is gone: the last that is known to have it.
        gone_in: For what is gone: the first that is known not to have it.
    """

    since: Optional[str] = None
    not_in: Optional[str] = None
    until: Optional[str] = None
    gone_in: Optional[str] = None


def release_order(release: str) -> Tuple[int, ...]:
    """Returns what sorts releases of CANN by age.

    Args:
        release: Such as `"8.0.RC3"`, `"7.0.0.alpha003"` or `"9.0.0"`.

    Raises:
        TypeError: If it is not text.
        ValueError: If it is no release.

    Example:
        >>> sorted(["9.0.0", "6.0.0", "20.2", "6.0.RC1", "7.0.0.alpha003"], key=release_order)
        ['20.2', '6.0.RC1', '6.0.0', '7.0.0.alpha003', '9.0.0']
    """
    if not isinstance(release, str):
        raise TypeError(
            "`cann` must be text such as '8.0.RC3'; got {!r}, a {}: put quotes around it.".format(
                release, type(release).__name__
            )
        )
    match = _FORM.fullmatch(release)
    if match is None:
        raise ValueError(
            "`cann` must be a release such as '8.0.RC3' or '9.0.0'; got {!r}: see "
            "version.info of the toolkit.".format(release)
        )
    major, minor = int(match.group(1)), int(match.group(2))
    if major >= 20:  # Named by the year: 20.2 came before 5.0.
        major -= 100
    is_final = match.group("candidate") is None
    third = int(match.group("candidate") or match.group("patch") or 0)
    stage = match.group("stage") and match.group("stage").lower()
    return major, minor, int(is_final), third, _STAGES[stage], int(match.group("number") or 0)


def is_before(release: str, other: str) -> bool:
    """Whether a release of CANN is older than another.

    Args:
        release: Of CANN.
        other: Of CANN.

    Example:
        >>> is_before("6.3.RC1", "6.3.RC2"), is_before("5.0.1", "20.2")
        (True, False)
    """
    return release_order(release) < release_order(other)
