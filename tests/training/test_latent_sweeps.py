import numpy as np
import pytest

from genflow.training.latent_sweeps import (
    central_latents,
    class_columns,
    dimension_sweep,
    linear_interpolation,
    spherical_interpolation,
)

START, END = np.random.RandomState(0).standard_normal([2, 50])


@pytest.mark.parametrize("bound", [0.2, 0.5, 1.0])
def test_latents_are_uniform_within_the_bound(bound):
    z = central_latents(200, 50, seed=0, bound=bound)

    assert z.shape == (200, 50)
    assert z.dtype == np.float32
    assert -bound <= z.min() < -0.99 * bound
    assert 0.99 * bound < z.max() <= bound
    shares = np.histogram(z, bins=10, range=(-bound, bound))[0] / z.size
    assert np.all(np.abs(shares - 0.1) < 5.0 * (0.1 * 0.9 / z.size) ** 0.5)


def test_latents_are_a_function_of_the_seed():
    z = central_latents(3, 4, seed=1)

    np.testing.assert_array_equal(z, central_latents(3, 4, seed=1))
    assert np.all(z != central_latents(3, 4, seed=2))
    assert np.all(central_latents(3, 4, seed=[1, 0]) != central_latents(3, 4, seed=[1, 1]))


@pytest.mark.parametrize("count", [1, 7, 64])
@pytest.mark.parametrize("dimension", [0, 3, 4])
def test_a_sweep_goes_along_its_dimension_alone(count, dimension):
    for base in (START[:5], np.stack([START[k % 9 : k % 9 + 5] for k in range(count)])):
        before = base.copy()
        z = dimension_sweep(base, dimension, count)
        assert z.shape == (count, 5)
        assert z.dtype == np.float32
        np.testing.assert_allclose(z[:, dimension], [k / count for k in range(count)], rtol=1e-7)
        others = [other for other in range(5) if other != dimension]
        expected = np.broadcast_to(base, [count, 5])[:, others].astype(np.float32)
        np.testing.assert_array_equal(z[:, others], expected)
        np.testing.assert_array_equal(base, before)


def test_a_sweep_does_not_change_a_base_of_its_own_type():
    base = np.ones([4, 3], np.float32)
    dimension_sweep(base, 0, 4)

    np.testing.assert_array_equal(base, 1.0)


@pytest.mark.parametrize("interpolation", [linear_interpolation, spherical_interpolation])
@pytest.mark.parametrize("count", [2, 3, 10])
def test_interpolations_go_from_one_end_to_the_other(interpolation, count):
    z = interpolation(START, END, count)

    assert z.shape == (count, 50)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z[0], START, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(z[-1], END, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(interpolation(END, START, count), z[::-1], rtol=1e-5, atol=1e-6)


def test_linear_steps_are_equal():
    steps = np.diff(linear_interpolation(START, END, 6), axis=0)

    np.testing.assert_allclose(steps, np.broadcast_to((END - START) / 5.0, [5, 50]), atol=1e-6)


@pytest.mark.parametrize("angle", [1e-3, 0.5, 2.0, 3.1])
def test_spherical_steps_are_equal_angles_on_the_sphere(angle):
    start = np.array([3.0, 0.0, 0.0])
    end = 3.0 * np.array([np.cos(angle), 0.0, np.sin(angle)])

    angles = np.linspace(0.0, angle, 6)
    expected = 3.0 * np.stack([np.cos(angles), np.zeros(6), np.sin(angles)], axis=1)
    np.testing.assert_allclose(spherical_interpolation(start, end, 6), expected, atol=1e-6)


def test_spherical_interpolation_keeps_the_norm_that_linear_loses():
    start, end = (10.0 * v / np.linalg.norm(v) for v in (START, END))

    spherical, linear = (f(start, end, 9) for f in (spherical_interpolation, linear_interpolation))
    np.testing.assert_allclose(np.linalg.norm(spherical, axis=1), 10.0, rtol=1e-6)
    assert np.linalg.norm(linear[4]) < 8.5


@pytest.mark.parametrize("factor", [1.0, 2.5, 1.0 + 1e-9])
def test_spherical_is_linear_along_one_direction(factor):
    np.testing.assert_allclose(
        spherical_interpolation(START, factor * START, 4),
        linear_interpolation(START, factor * START, 4),
    )


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ([0.0, 0.0], [1.0, 0.0], "must not be 0"),
        ([1.0, 0.0], [0.0, 0.0], "must not be 0"),
        ([1.0, 2.0], [-2.0, -4.0], "must not point in opposite directions"),
    ],
)
def test_rejects_ends_without_an_arc(start, end, message):
    with pytest.raises(ValueError, match=message):
        spherical_interpolation(start, end, 3)


def test_a_grid_has_one_class_in_each_column():
    labels = class_columns(64, num_classes=10)

    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels[:60].reshape([6, 10]), [list(range(10))] * 6)
    np.testing.assert_array_equal(labels[60:], range(4))


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (central_latents, (0, 4, 0), "`count` must be a positive integer; got 0"),
        (central_latents, (4, 0, 0), "`z_dim` must be a positive integer; got 0"),
        (central_latents, (4, 4, 0, 0.0), "`bound` must be positive; got 0.0"),
        (dimension_sweep, (np.zeros(3), 0, 0), "`count` must be a positive integer; got 0"),
        (dimension_sweep, (np.zeros(3), 3, 4), r"`dimension` must be in \[0, 3\).*got 3"),
        (dimension_sweep, (np.zeros(3), -1, 4), r"`dimension` must be in \[0, 3\).*got -1"),
        (dimension_sweep, (np.zeros([5, 3]), 0, 4), r"with a count of 4; got shape \(5, 3\)"),
        (dimension_sweep, (np.zeros([1, 4, 3]), 0, 4), r"got shape \(1, 4, 3\)"),
        (linear_interpolation, (np.zeros(3), np.zeros(4), 2), r"shapes \(3,\) and \(4,\)"),
        (linear_interpolation, (np.zeros([2, 3]), np.zeros([2, 3]), 2), r"both be \[z_dim\]"),
        (spherical_interpolation, (START, END, 1), "`count` must be an integer of at least 2"),
        (linear_interpolation, (START, END, 2.5), "`count` must be an integer of at least 2"),
        (class_columns, (0, 10), "`count` must be a positive integer; got 0"),
        (class_columns, (10, 0), "`num_classes` must be a positive integer; got 0"),
    ],
)
def test_rejects_bad_arguments(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
