"""`genflow data prepare --as_is`: making records of images as they are, in all splits."""

import os
from typing import Dict, Optional

from genflow.command_line.data_sets import DATA_SETS, known_name
from genflow.data import (
    ImageSource,
    load_hdf5,
    load_image_records,
    write_image_records,
)
from genflow.data.hdf5 import hdf5_path
from genflow.data.record_folders import IMAGE_SPLITS, image_split_folder
from genflow.data.split import SPLITS


def prepare_as_is(
    source: str,
    out: str,
    validation: int = 0,
    num_shards: int = 1,
    seed: int = 0,
    data_dir: Optional[str] = None,
    transposed: bool = False,
) -> None:
    """Makes records of a data set, its images as they are, and says what they are.

    Args:
        source: The name of a data set that is held in memory, or a folder with `data.hdf5`.
        out: The folder above those of the splits.
        validation: How many of the training images are held out, by the seed, as `validation`.
        num_shards: The number of files of each split.
        seed: Decides which images are held out, and the order of all.
        data_dir: Where downloaded data sets are.
        transposed: Whether the height and width are exchanged in `data.hdf5`.

    Raises:
        FileExistsError: If there is something in the folder of a split.
        FileNotFoundError: If the data set is not there.
        ValueError: If an argument is out of range, or the data set is of another kind.

    Example:
        >>> prepare_as_is("mnist", "records/mnist", validation=5000)  # doctest: +SKIP
        55000 images of 28x28x1 in 10 class(es): records/mnist/train
        5000 images of 28x28x1 in 10 class(es): records/mnist/validation
        10000 images of 28x28x1 in 10 class(es): records/mnist/test
    """
    splits = _sources(source, data_dir, transposed)
    num_train = len(splits["train"])
    if not 0 <= validation < num_train:
        raise ValueError(
            "`--validation` must be at least 0 and less than {}, the number of training images; "
            "got {}.".format(num_train, validation)
        )
    if validation:
        splits["train"], splits["validation"] = splits["train"].hold_out(validation, seed)
    write_image_records(splits, out, num_shards, seed)
    for split in filter(splits.__contains__, IMAGE_SPLITS):
        records = load_image_records(out, split)
        print(
            "{} images of {}x{}x{} in {} class(es): {}".format(
                len(records),
                *records.image_shape,
                records.num_classes,
                image_split_folder(out, split),
            )
        )


def _sources(source: str, data_dir: Optional[str], transposed: bool) -> Dict[str, ImageSource]:
    """Returns the training and the test images of a data set."""
    name = known_name(source)
    load = DATA_SETS[name].load if name else None
    if load:
        if transposed:
            raise ValueError("`--transposed` is for folders with `data.hdf5`; got {}.".format(name))
        return {split: load(split, data_dir) for split in SPLITS}
    if name or hdf5_path(os.path.expanduser(source)) is None:
        known = [word for word, data_set in DATA_SETS.items() if data_set.load]
        raise ValueError(
            "SOURCE must be one of {}, or a folder with `data.hdf5`, to be written as it is; got "
            "{!r}. Other folders of images are cut to squares: leave out `--as_is`.".format(
                ", ".join(known), source
            )
        )
    return {split: load_hdf5(source, split, transposed) for split in SPLITS}
