"""Whether a network does anything with its context."""

from typing import Optional

from genflow.core import Network
from genflow.core.types import Nest


def check_context_is_used(context: Optional[Nest], owner: Network, remedy: str) -> None:
    """Refuses a context that no part of the network says it uses, by `uses_context = True`."""
    parts = owner.submodules
    if context is not None and not any(getattr(part, "uses_context", False) for part in parts):
        raise ValueError(
            "`{}` got a `context`, but no part of it uses one (which a part says by the attribute "
            "`uses_context = True`): {}.".format(owner.name, remedy)
        )
