"""What generators and discriminators minimise: pure functions of tensors, and one average.

Each family is a pair, `<family>_generator_loss` and `<family>_discriminator_loss`. They take what
the discriminator returns, which is logits, and give a scalar in float32 at least.

A discriminator that tells classes as well, for semi-supervised learning, minimises a sum of
`labelled_loss`, `unlabelled_loss` and `generated_loss`; its generator any loss of `logit_of_real`,
or `feature_matching_loss`.
"""

from genflow.losses.feature_matching import (
    feature_matching_loss,
    l1_distance,
    mean_absolute_distance,
    mean_squared_distance,
    squared_l2_distance,
)
from genflow.losses.gradient_penalties import dragan_penalty, r1_penalty, wgan_gp_penalty
from genflow.losses.hinge import hinge_discriminator_loss, hinge_generator_loss
from genflow.losses.historical_averaging import HistoricalAveraging
from genflow.losses.huber import huber_loss
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
from genflow.losses.semi_supervised import (
    append_fake_logit,
    generated_loss,
    labelled_accuracy,
    labelled_loss,
    logit_of_real,
    unlabelled_loss,
)
from genflow.losses.wasserstein import wasserstein_discriminator_loss, wasserstein_generator_loss

__all__ = [
    "HistoricalAveraging",
    "append_fake_logit",
    "dragan_penalty",
    "feature_matching_loss",
    "generated_loss",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "huber_loss",
    "l1_distance",
    "labelled_accuracy",
    "labelled_loss",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "logit_of_real",
    "mean_absolute_distance",
    "mean_squared_distance",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "r1_penalty",
    "relativistic_average_discriminator_loss",
    "relativistic_average_generator_loss",
    "squared_l2_distance",
    "unlabelled_loss",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
    "wgan_gp_penalty",
]
