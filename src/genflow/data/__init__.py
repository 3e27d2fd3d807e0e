"""Image data sets: found or downloaded, verified, read safely, and cut into batches.

A data set is an `ImageSource`, most often an `ImageSet`, plain numpy arrays in memory. CIFAR-10,
MNIST, Fashion-MNIST, SVHN and ImageNet-32 are read from disk; the photograph patches and the
digits come with scikit-learn and need no download. Any folder of images is a set too, such as
those to which CelebA and LSUN are downloaded. Training batches are augmented as they are read, and
may have labels for some of their images only.
"""

from genflow.data.augmentation import Augmentation, Compose
from genflow.data.batch_indices import batch_indices
from genflow.data.batches import batches, epoch_batches
from genflow.data.celeba import download_celeba
from genflow.data.center_crop import CenterCrop
from genflow.data.cifar10 import load_cifar10
from genflow.data.digits import load_digits
from genflow.data.hdf5 import load_hdf5
from genflow.data.image_folder_set import ImageFolderSet
from genflow.data.image_set import ImageSet
from genflow.data.image_source import ImageSource
from genflow.data.imagenet32 import load_imagenet32
from genflow.data.load_image_folder import load_image_folder
from genflow.data.load_image_records import load_image_records
from genflow.data.load_records import load_records
from genflow.data.locate import resolve_data_dir
from genflow.data.lsun import download_lsun
from genflow.data.mnist import load_fashion_mnist, load_mnist
from genflow.data.partly_labelled_set import PartlyLabelledSet
from genflow.data.photo_patches import load_photo_patches
from genflow.data.random_affine import RandomAffine
from genflow.data.random_crop import RandomCrop
from genflow.data.random_flip import RandomFlip
from genflow.data.random_shift import RandomShift
from genflow.data.record_set import RecordSet
from genflow.data.svhn import load_svhn
from genflow.data.transformed_set import TransformedSet
from genflow.data.transforms import downsample, pad, tile_channels
from genflow.data.write_image_records import write_image_records
from genflow.data.write_manifest import verify_records, write_manifest
from genflow.data.write_records import write_records

__all__ = [
    "Augmentation",
    "CenterCrop",
    "Compose",
    "ImageFolderSet",
    "ImageSet",
    "ImageSource",
    "PartlyLabelledSet",
    "RandomAffine",
    "RandomCrop",
    "RandomFlip",
    "RandomShift",
    "RecordSet",
    "TransformedSet",
    "batch_indices",
    "batches",
    "download_celeba",
    "download_lsun",
    "downsample",
    "epoch_batches",
    "load_cifar10",
    "load_digits",
    "load_fashion_mnist",
    "load_hdf5",
    "load_image_folder",
    "load_image_records",
    "load_imagenet32",
    "load_mnist",
    "load_photo_patches",
    "load_records",
    "load_svhn",
    "pad",
    "resolve_data_dir",
    "tile_channels",
    "verify_records",
    "write_image_records",
    "write_manifest",
    "write_records",
]
