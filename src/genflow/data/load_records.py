"""Opening the records of a data set."""

from typing import Optional

from genflow.data.manifest_file import read_manifest
from genflow.data.record_files import files_of_size
from genflow.data.record_folders import set_name, split_folder
from genflow.data.record_manifest import RecordManifest
from genflow.data.record_set import RecordSet

_NUM_CHANNELS = 3


def load_records(
    data_dir: str,
    split: str,
    image_size: int,
    num_classes: Optional[int] = None,
    name: Optional[str] = None,
    num_threads: int = 1,
    default_num_classes: int = 1,
    stored_size: Optional[int] = None,
) -> RecordSet:
    """Opens images in the layout of the original Glow's ImageNet, CelebA-HQ and LSUN.

    The files of a split are in the folder `train` or, for "test", `validation`:

        {folder}-r{log2(image_size)}-s-{number}-of-{count}.tfrecords

    If there is a manifest in the folder, as `write_records` and `write_manifest` leave it, the
    length of each file and its number of records must be those of the manifest.

    Args:
        data_dir: The folder above `train` and `validation`. A leading `~` is expanded.
        split: "train" or "test".
        image_size: The height and width of the images, a power of two.
        num_classes: The number of classes; by default what the manifest says, if there is one,
            else `default_num_classes`.
        name: What messages call the set; by default the name of `data_dir` and the split.
        num_threads: How many threads read from disk at the same time.
        default_num_classes: See `num_classes`.
        stored_size: The height and width that images are read with, if it is not `image_size`:
            the original's LSUN for RealNVP has images of at least 96 pixels in files named for
            64. Of larger ones the middle is taken; crop them on, as with `RandomCrop`.

    Raises:
        FileNotFoundError: If there are no records of this split.
        ValueError: If an argument is out of range, there are no images of this size, a file is
            missing, truncated or damaged, or the manifest says something else.

    Example:
        >>> train_set = load_records("imagenet", "train", 64, num_classes=1000)  # doctest: +SKIP
        >>> len(train_set), train_set.image_shape  # doctest: +SKIP
        (1281167, (64, 64, 3))

    References:
        Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions,
        2018. https://arxiv.org/abs/1807.03039
    """
    folder = split_folder(data_dir, split)
    paths = files_of_size(folder, image_size)
    manifest = read_manifest(folder)
    if manifest:
        num_classes = _num_classes(manifest, num_classes, folder)
        for path in paths:
            manifest.check_size(path)
    record_set = RecordSet(
        name or set_name(folder, split),
        paths,
        (stored_size or image_size, stored_size or image_size, _NUM_CHANNELS),
        default_num_classes if num_classes is None else num_classes,
        num_threads,
        crop=stored_size is not None,
    )
    if manifest:
        manifest.check_counts(record_set.num_records())
    return record_set


def _num_classes(manifest: RecordManifest, num_classes: Optional[int], folder: str) -> int:
    if num_classes not in (None, manifest.num_classes):
        raise ValueError(
            "`num_classes` must be {}, as the manifest of {} says; got {}.".format(
                manifest.num_classes, folder, num_classes
            )
        )
    return manifest.num_classes
