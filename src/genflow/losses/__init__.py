"""What generators and discriminators minimise: pure functions of tensors, and one average.

Each family is a pair, `<family>_generator_loss` and `<family>_discriminator_loss`. They take what
the discriminator returns, which is logits, and give a scalar in float32 at least.
"""

from genflow.losses.feature_matching import (
    feature_matching_loss,
    l1_distance,
    squared_l2_distance,
)
from genflow.losses.gradient_penalties import dragan_penalty, r1_penalty, wgan_gp_penalty
from genflow.losses.hinge import hinge_discriminator_loss, hinge_generator_loss
from genflow.losses.historical_averaging import HistoricalAveraging
from genflow.losses.least_squares import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from genflow.losses.minimax import minimax_discriminator_loss, minimax_generator_loss
from genflow.losses.non_saturating import (
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)
from genflow.losses.relativistic_average import (
    relativistic_average_discriminator_loss,
    relativistic_average_generator_loss,
)
from genflow.losses.wasserstein import wasserstein_discriminator_loss, wasserstein_generator_loss

__all__ = [
    "HistoricalAveraging",
    "dragan_penalty",
    "feature_matching_loss",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "l1_distance",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "r1_penalty",
    "relativistic_average_discriminator_loss",
    "relativistic_average_generator_loss",
    "squared_l2_distance",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
    "wgan_gp_penalty",
]
