"""A seed of its own for every layer that draws noise."""

from genflow.core import fold_in, make_seed
from genflow.core.types import Seed


def noise_seed_for(seed: Seed, purpose: str) -> Seed:
    """The seed of one layer, from that of all: made at its call, in whose graph it must be."""
    if seed is None:
        return None
    return lambda: fold_in(make_seed(seed), "noise/{}".format(purpose))
