"""Image data sets: found or downloaded, verified, read safely, and cut into batches.

A data set is an `ImageSet`, plain numpy arrays in memory. CIFAR-10 is read from disk; the
photograph patches and the digits come with scikit-learn and need no download.
"""

from genflow.data.batches import batch_indices, batches, epoch_batches
from genflow.data.cifar10 import load_cifar10
from genflow.data.digits import load_digits
from genflow.data.image_set import ImageSet
from genflow.data.photo_patches import load_photo_patches

__all__ = [
    "ImageSet",
    "batch_indices",
    "batches",
    "epoch_batches",
    "load_cifar10",
    "load_digits",
    "load_photo_patches",
]
