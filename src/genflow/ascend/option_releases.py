"""Checks of options by the release of CANN."""

from typing import Iterator, Optional

from genflow.ascend.cann_release import Lifetime, is_before
from genflow.ascend.options import Option


def check_release(
    option: Option, lifetime: Lifetime, name: str, cann: Optional[str]
) -> Iterator[str]:
    """Refuses what a release of CANN has not.

    Args:
        option: The option.
        lifetime: The releases that have it, or its value.
        name: What the option, or its value, is called.
        cann: The release; none if that is not known.

    Yields:
        Warnings of what the release may not have.

    Raises:
        ValueError: If it has not.

    Example:
        >>> from genflow.ascend import OPTIONS
        >>> option = OPTIONS["deterministic"]
        >>> list(check_release(option, option.lifetime, option.key, "5.0.1"))
        Traceback (most recent call last):
        ValueError: `deterministic` would have no effect: CANN has it since 6.3.RC1, and this is...
    """
    if lifetime == Lifetime():
        raise ValueError(_no_release(option, name, "no release of CANN reads it"))
    if cann is None:
        if lifetime.until:
            reason = "CANN reads it up to {} only".format(lifetime.until)
            raise ValueError(_no_release(option, name, reason))
        return
    doubt = "`{}` may be unknown to CANN {}, which".format(name, cann)
    if lifetime.since and is_before(cann, lifetime.since):
        newest_without = lifetime.not_in
        if newest_without is None or not is_before(newest_without, cann):
            reason = "CANN has it since {}, and this is {}".format(lifetime.since, cann)
            raise ValueError(_no_release(option, name, reason))
        yield "{} is older than {}.".format(doubt, lifetime.since)
    if lifetime.until and is_before(lifetime.until, cann):
        if not is_before(cann, lifetime.gone_in):
            reason = "CANN reads it up to {} only, and this is {}".format(lifetime.until, cann)
            raise ValueError(_no_release(option, name, reason))
        yield "{} is newer than {}.".format(doubt, lifetime.until)


def _no_release(option: Option, name: str, reason: str) -> str:
    note = " ({})".format(option.note) if option.note else ""
    return "`{}` would have no effect: {}{}. Leave it out, or say by `cann=` what there is.".format(
        name, reason, note
    )
