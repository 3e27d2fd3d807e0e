"""Where a stack of blocks has its self-attention."""

from typing import Callable, List, Optional, Sequence

from genflow.core import Network
from genflow.networks import Identity, SelfAttention
from genflow.networks.initializers import WeightInitializer


def attention_behind(
    level: Optional[int],
    widths: Sequence[int],
    initializer: WeightInitializer,
    make_reparametrize: Optional[Callable[[], Network]],
    seed: int,
) -> List[Network]:
    """What follows every block: a `SelfAttention` the one of number `level`, else nothing."""
    if level is not None and level not in range(len(widths)):
        raise ValueError(
            "`attention_level` must be None or the number of a block, from 0 to {}; got {}.".format(
                len(widths) - 1, level
            )
        )
    return [
        SelfAttention(
            width, initializer=initializer, make_reparametrize=make_reparametrize, seed=seed
        )
        if index == level
        else Identity()
        for index, width in enumerate(widths)
    ]
