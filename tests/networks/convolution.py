"""Convolutions by their definition."""

import numpy as np


def convolution_matrix(weight, size, stride):
    """Of the convolution of images of `size`, as the definition of `SAME` has it.

    Its axes are those of the outputs and then of the inputs, both (height, width, channels).
    """
    kernel_size, channels = weight.shape[0], weight.shape[2:]
    outs = [-(-side // stride) for side in size]
    margins = [
        max((out - 1) * stride + kernel_size - side, 0) // 2 for out, side in zip(outs, size)
    ]
    matrix = np.zeros(outs + [channels[1]] + list(size) + [channels[0]])
    for i, j, a, b in np.ndindex(*outs, kernel_size, kernel_size):
        row, column = i * stride + a - margins[0], j * stride + b - margins[1]
        if 0 <= row < size[0] and 0 <= column < size[1]:
            matrix[i, j, :, row, column] += weight[a, b].T
    return matrix


def conv(x, weight, stride):
    """The convolution of images with a weight `[..., in_channels, out_channels]`."""
    matrix = convolution_matrix(weight, x.shape[1:3], stride)
    return np.tensordot(x, matrix, axes=([1, 2, 3], [3, 4, 5]))


def conv_transpose(x, weight, size, stride):
    """The transpose of the convolution of images of `size` to those of the size of `x`."""
    matrix = convolution_matrix(np.swapaxes(weight, 2, 3), size, stride)
    return np.tensordot(x, matrix, axes=([1, 2, 3], [0, 1, 2]))
