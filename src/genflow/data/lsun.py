"""The scenes of LSUN."""

import os
import tempfile
from typing import Iterator, Optional, Tuple

from genflow.data.fetch import fetch_archive
from genflow.data.locate import resolve_data_dir
from genflow.data.split import check_split
from genflow.data.whole_folder import is_filled, refuse_existing, whole_folder
from genflow.data.zip_members import extract_folder

_FOLDER = "lsun"
_URL = "http://dl.yf.io/lsun/scenes/"
_NAMES = {"train": "train", "test": "val"}
_FILES_PER_FOLDER = 10000
_SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp"}

# The SHA-256 of the archives with the training and the validation images of each category. Their
# authors publish none: these are those that TensorFlow Datasets has for them.
_SHA256 = {
    "bedroom": (
        "a15644c2e7153106867f0adb3491fc41224102d1f01b24494fb47d9f5d1f174e",
        "5d022e781b241c25ec2e1f1f769afcdb8091d7fd58362667aec03137b8114b12",
    ),
    "bridge": (
        "2701b2d421bbc4d8a5e9b0652ff7c3b57cd6495da8e0e85c39533275b5a925a3",
        "83216a2974d6068c2e1d18086006e7380ff58540216f955ce87fe049b460cb0d",
    ),
    "church_outdoor": (
        "91128ae026840ac0c5982b4445ab5fc4e092d6847cca76793b2b1a0815c2e74a",
        "34635b7547a3e51a15f942a4a4082dd6bc9cca381a953515cb2275c0eed50584",
    ),
    "classroom": (
        "73a8a3e318819e1cc602f229673c3f51a68f3ece61e3764ce22df6abea4d0873",
        "5e0e9a375d94091dfe1fa3be87d4a92f41c03f1c0b8e376acc7e05651de512d7",
    ),
    "conference_room": (
        "fa0a4cf72e7acfb103392eaf33640d5508a728e971f31877b01d64e1bde6068c",
        "927c94df52e10b9b374748c2b83b28b5860e946b3186dfd587985e274834650f",
    ),
    "dining_room": (
        "e4ee24c7c309360c3bf019123ce5bbf17434b2ba33abec2b0b07cfae715a52cb",
        "bd604d4b91bb5a9611d4e0b85475efd20758390d1a4eb57b53973fcbb5aa8ab6",
    ),
    "kitchen": (
        "b1993cf639aece5d207a27eb9ff872bcca9dff6472d8227a052c79d40ee753c4",
        "329165f35ec61c4cf49f809246de300b8baad3ffcbda1ac30c27bdd32c84369a",
    ),
    "living_room": (
        "bd2c52b812c80f73ce3062a221396d13a52b5cce2f813b4cdf61937651281d7a",
        "30a23d9a3db5414e9c97865f60ffb2ee973bfa658a23dbca7188ea514c97c9fc",
    ),
    "restaurant": (
        "11a0a924b960cd0900e9b7477d684fb338bd99cc5f72db1caac592e4f497e09a",
        "efaa7bcb898ad6cb73b07b89fec3a9c670f4622912eea22fab3986c2cf9a1c20",
    ),
    "tower": (
        "440caec74c9641cb51fd235a5970c8e4931c3af875aeb044a8bcca956e106309",
        "7f5257847bc01f4e40d4a1b3e24dd8fcd37063f12ca8cf31e726c2ee0b1ae104",
    ),
}
CATEGORIES = sorted(_SHA256)


def download_lsun(split: str, category: str = "bedroom", data_dir: Optional[str] = None) -> str:
    """Downloads a category of the scenes of LSUN, whose images are 256 pixels high or wide.

    The images are taken out of the database in which they are published, in its order, and put
    into folders of ten thousand in `lsun/{category}_train` or, for "test", `lsun/{category}_val`
    of the data folder, which appears when all of them are there. If there is anything in it
    already, nothing is done. The archive is removed afterwards, unless it was there before, as
    `lsun/{category}_train_lmdb.zip`: then it is verified, and nothing is downloaded.

    Bedrooms are 3,033,042 images, and 43 GB. Twice that is needed on disk besides, while they are
    taken out. There are 300 images of each category for "test".

    Args:
        split: "train" or "test".
        category: One of the ten categories of scenes, as "church_outdoor".
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.

    Returns:
        The folder with the images, for `load_image_folder`. They are WebP images: take the pattern
        `*.webp`.

    Raises:
        ImportError: If the package lmdb is not installed.
        OSError: If the download fails, or something cannot be written.
        ValueError: If an argument is unknown, or what was downloaded is not what was published.

    Example:
        >>> folder = download_lsun("train", "church_outdoor")  # doctest: +SKIP
        >>> from genflow.data import load_image_folder
        >>> churches = load_image_folder(folder, 64, pattern="*.webp")  # doctest: +SKIP

    References:
        Yu, Seff, Zhang, Song, Funkhouser and Xiao, LSUN: construction of a large-scale image
        dataset using deep learning with humans in the loop, 2015.
        https://arxiv.org/abs/1506.03365
    """
    check_split(split)
    if category not in CATEGORIES:
        raise ValueError(
            "`category` must be one of {}; got {!r}.".format(", ".join(CATEGORIES), category)
        )
    name = folder_name(split, category)
    folder = os.path.join(resolve_data_dir(data_dir), _FOLDER, name)
    if is_filled(folder):
        return folder
    refuse_existing(folder)  # Not after a day of downloading.
    _require_lmdb()
    archive_name = name + "_lmdb.zip"
    checksum = _SHA256[category][list(_NAMES).index(split)]
    path = os.path.join(os.path.dirname(folder), archive_name)
    with fetch_archive(_URL + archive_name, checksum, path) as archive:
        with whole_folder(folder) as partial:
            _extract(archive, name + "_lmdb", partial)
    return folder


def folder_name(split: str, category: str) -> str:
    """Returns what the folder with the images of a category is called.

    Args:
        split: "train" or "test".
        category: The category.

    Example:
        >>> folder_name("test", "bedroom")
        'bedroom_val'
    """
    return "{}_{}".format(category, _NAMES[split])


def _require_lmdb() -> None:
    try:
        import lmdb  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "The images of LSUN are in a database that needs the package lmdb; install it with "
            '`pip install ".[lsun]"` in the checkout of genflow ({}).'.format(error)
        ) from error


def _extract(archive: str, name: str, folder: str) -> None:
    """Writes the images of the database in an archive to a folder."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as database:
        extract_folder(archive, name, database)
        for number, (key, contents) in enumerate(_images(database)):
            part = os.path.join(folder, "{:03d}".format(number // _FILES_PER_FOLDER))
            os.makedirs(part, exist_ok=True)
            # The key could be anything, even a path that leads elsewhere.
            file_name = "{:07d}{}".format(number, _suffix(key, contents, archive))
            with open(os.path.join(part, file_name), "xb") as file:
                file.write(contents)


def _images(database: str) -> Iterator[Tuple[bytes, bytes]]:
    import lmdb
    from tqdm import tqdm

    try:
        with lmdb.open(database, readonly=True, lock=False, create=False) as environment:
            with environment.begin() as transaction:
                total = transaction.stat()["entries"]
                entries = transaction.cursor()
                yield from tqdm(entries, desc="taking out", total=total, unit="image")
    except lmdb.Error as error:
        raise ValueError(
            "The archive of LSUN must hold a database of lmdb; got one that cannot be read: "
            "{}.".format(error)
        ) from error


def _suffix(key: bytes, contents: bytes, archive: str) -> str:
    for magic, suffix in _SUFFIXES.items():
        if contents.startswith(magic):
            return suffix
    raise ValueError(
        "{} must hold JPEG, PNG and WebP images; got something else under the key {!r}.".format(
            archive, key
        )
    )
