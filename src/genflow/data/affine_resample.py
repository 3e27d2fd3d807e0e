"""Moving the pixels of images along affine maps."""

import numpy as np


def affine_resample(images: np.ndarray, matrices: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Returns each image seen through an affine map of its own.

        result[i, p] = images[i, matrices[i] @ p + offsets[i]]    with p = (row, column)

    Between pixels the image is interpolated bilinearly, beyond its edge the nearest pixel of
    the edge is repeated, and the result is rounded to the nearest integer. Where the map hits
    pixels exactly, the result is exactly those pixels.

    Shapes:
        images, result: `[batch, height, width, channels]`, uint8.
        matrices: `[batch, 2, 2]`.
        offsets: `[batch, 2]`, in pixels.

    Example:
        >>> images = np.arange(4, dtype=np.uint8).reshape([1, 1, 4, 1])
        >>> moved = affine_resample(images, np.eye(2)[np.newaxis], np.array([[0.0, 1.0]]))
        >>> moved[0, 0, :, 0].tolist()
        [1, 2, 3, 3]
    """
    from scipy import ndimage  # Not at the top: it takes a while, and not all augment.

    result = np.empty(images.shape, np.float64)
    for image, matrix, offset, target in zip(images, matrices, offsets, result):
        for channel in range(images.shape[3]):
            ndimage.affine_transform(
                image[..., channel],
                matrix,
                offset,
                order=1,
                mode="nearest",
                output=target[..., channel],
            )
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)
