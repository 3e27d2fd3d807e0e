"""The latents, and the labels, of pictures that show what a generator has learnt."""

from typing import Sequence, Union

import numpy as np

from genflow.core.checks import check_positive, check_positive_integer


def central_latents(
    count: int, z_dim: int, seed: Union[int, Sequence[int]], bound: float = 0.5
) -> np.ndarray:
    """Latents uniform between `-bound` and `bound`: nearer to the middle than in training.

    Args:
        count: How many latents,
        z_dim: ... of how many dimensions.
        seed: What the random numbers are a function of: an integer, or several.
        bound: The largest value.

    Returns:
        `[count, z_dim]` float32.

    Raises:
        ValueError: If an argument but the seed is not positive.

    Example:
        >>> central_latents(10, z_dim=100, seed=0).shape
        (10, 100)
    """
    check_positive_integer(count, "count")
    check_positive_integer(z_dim, "z_dim")
    check_positive(bound, "bound")
    random = np.random.RandomState(seed)
    return random.uniform(-bound, bound, [count, z_dim]).astype(np.float32)


def dimension_sweep(base: np.ndarray, dimension: int, count: int) -> np.ndarray:
    """Latents that differ along one dimension: the latent number `k` has `k / count` there.

    Args:
        base: `[z_dim]`, which all of them are elsewhere; or `[count, z_dim]`, one for each.
        dimension: From 0 to `z_dim - 1`.
        count: How many latents.

    Returns:
        `[count, z_dim]` float32.

    Raises:
        ValueError: If `count` is not positive, `base` has another shape, or there is no such
            dimension.

    Example:
        >>> dimension_sweep(np.zeros(3), dimension=1, count=4).tolist()
        [[0.0, 0.0, 0.0], [0.0, 0.25, 0.0], [0.0, 0.5, 0.0], [0.0, 0.75, 0.0]]
    """
    check_positive_integer(count, "count")
    base = np.asarray(base, np.float32)
    if base.ndim not in (1, 2) or base.ndim == 2 and len(base) != count:
        raise ValueError(
            "`base` must be [z_dim] or [count, z_dim] with a count of {}; got shape {}.".format(
                count, base.shape
            )
        )
    z_dim = base.shape[-1]
    if not 0 <= dimension < z_dim:
        raise ValueError(
            "`dimension` must be in [0, {}), for so many has a latent; got {}.".format(
                z_dim, dimension
            )
        )
    latents = np.array(np.broadcast_to(base, [count, z_dim]))
    latents[:, dimension] = np.arange(count) / count
    return latents


def linear_interpolation(start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Latents at equal distances on the straight line from one to another, both included.

    Computes `(1 - t) * start + t * end` for `t = 0, 1 / (count - 1), ..., 1`. Between normal
    latents of many dimensions, those in the middle are nearer to 0 than any of training:
    see `spherical_interpolation`.

    Args:
        start: `[z_dim]`: the first one,
        end: ... and the last.
        count: How many latents, at least two.

    Returns:
        `[count, z_dim]` float32.

    Raises:
        ValueError: If the ends do not have one such shape, or `count` is less than two.

    Example:
        >>> linear_interpolation([0.0, 0.0], [1.0, 2.0], count=3).tolist()
        [[0.0, 0.0], [0.5, 1.0], [1.0, 2.0]]
    """
    start, end, t = _checked_ends(start, end, count)
    return ((1.0 - t) * start + t * end).astype(np.float32)


def spherical_interpolation(start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Latents at equal angles on the arc around 0 from one latent to another, both included.

    With the angle `a` between the two, computes

        (sin((1 - t) * a) * start + sin(t * a) * end) / sin(a)

    for `t = 0, 1 / (count - 1), ..., 1`: between latents of one norm, all have it. Where the
    two point in one direction, this is the straight line.

    Args:
        start: `[z_dim]`: the first one,
        end: ... and the last.
        count: How many latents, at least two.

    Returns:
        `[count, z_dim]` float32.

    Raises:
        ValueError: If the ends do not have one such shape, `count` is less than two, or there
            is no such arc, since an end is 0 or they point in opposite directions.

    Example:
        >>> spherical_interpolation([1.0, 0.0], [0.0, 1.0], count=5).shape
        (5, 2)

    References:
        Shoemake, Animating rotation with quaternion curves, 1985.
        White, Sampling Generative Networks, 2016. https://arxiv.org/abs/1609.04468
    """
    start, end, t = _checked_ends(start, end, count)
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) == 0.0:
        raise ValueError("`start` and `end` must not be 0, which has no direction.")
    # By both of its functions: the arc cosine alone is blunt for small angles.
    units = start / lengths[0], end / lengths[1]
    angle = 2.0 * np.arctan2(np.linalg.norm(units[0] - units[1]), np.linalg.norm(sum(units)))
    if np.pi - angle < 1e-6:
        raise ValueError(
            "`start` and `end` must not point in opposite directions: there is no one arc "
            "between them. Put another latent in between."
        )
    if angle < 1e-6:
        return linear_interpolation(start, end, count)
    shares = np.sin((1.0 - t) * angle), np.sin(t * angle)
    return ((shares[0] * start + shares[1] * end) / np.sin(angle)).astype(np.float32)


def class_columns(count: int, num_classes: int) -> np.ndarray:
    """Labels with which a grid of `num_classes` columns has one class in each column.

    Args:
        count: How many labels; the last row of the grid need not be full.
        num_classes: How many classes.

    Returns:
        `[count]` int32: 0, 1, ..., `num_classes - 1`, and so on from 0.

    Raises:
        ValueError: If an argument is not positive.

    Example:
        >>> class_columns(5, num_classes=3).tolist()
        [0, 1, 2, 0, 1]
    """
    check_positive_integer(count, "count")
    check_positive_integer(num_classes, "num_classes")
    return np.arange(count, dtype=np.int32) % num_classes


def _checked_ends(start: np.ndarray, end: np.ndarray, count: int) -> tuple:
    """Both in float64, and the shares of the second: `[count, 1]`."""
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(
            "`start` and `end` must both be [z_dim]; got shapes {} and {}.".format(
                start.shape, end.shape
            )
        )
    if not isinstance(count, int) or count < 2:
        raise ValueError("`count` must be an integer of at least 2; got {}.".format(count))
    return start, end, np.linspace(0.0, 1.0, count)[:, np.newaxis]
