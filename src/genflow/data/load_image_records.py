"""Opening the records of images as they are."""

from typing import Optional

from genflow.data.manifest_file import manifest_path, read_manifest
from genflow.data.record_files import image_files
from genflow.data.record_folders import image_split_folder, set_name
from genflow.data.record_set import RecordSet


def load_image_records(
    data_dir: str, split: str, name: Optional[str] = None, num_threads: int = 1
) -> RecordSet:
    """Opens a split that `write_image_records` has written.

    Any image can be read at any time, so that `batches` shuffles the whole split anew in each
    epoch, and not a buffer of it.

    Args:
        data_dir: The folder above those of the splits. A leading `~` is expanded.
        split: "train", "validation" or "test".
        name: What messages call the set; by default the name of `data_dir` and the split.
        num_threads: How many threads read from disk at the same time.

    Raises:
        FileNotFoundError: If there is no such split.
        ValueError: If an argument is out of range, or a file is missing, truncated, damaged or
            not as the manifest says.

    Example:
        >>> test_set = load_image_records("records/mnist", "test")  # doctest: +SKIP
        >>> len(test_set), test_set.image_shape, test_set.num_classes  # doctest: +SKIP
        (10000, (28, 28, 1), 10)
    """
    folder = image_split_folder(data_dir, split)
    paths = image_files(folder)
    manifest = read_manifest(folder)
    if manifest is None:
        raise FileNotFoundError(
            "There is no {}, which says what is in the records beside it; fetch or write all of "
            "them again (`write_image_records`).".format(manifest_path(folder))
        )
    manifest.check_complete(folder, paths)
    for path in paths:
        manifest.check_size(path)
    record_set = RecordSet(
        name or set_name(folder, split),
        paths,
        manifest.image_shape,
        manifest.num_classes,
        num_threads,
    )
    manifest.check_counts(record_set.num_records())
    return record_set
