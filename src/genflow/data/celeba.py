"""The aligned faces of CelebA."""

import os
from typing import Optional

from genflow.data.fetch import fetch_archive
from genflow.data.locate import resolve_data_dir
from genflow.data.whole_folder import is_filled, refuse_existing, whole_folder
from genflow.data.zip_members import extract_folder

_FOLDER = "celebA"  # As the original DCGAN calls it.
_ARCHIVE = "img_align_celeba.zip"
_FOLDER_IN_ARCHIVE = "img_align_celeba"
_MD5 = "00d2c5bc6d35e252742224ab0c1e8fcb"
_URL = (  # The published Google Drive, past its question whether one wants so large a file.
    "https://drive.usercontent.google.com/download"
    "?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM&export=download&confirm=t"
)


def download_celeba(data_dir: Optional[str] = None) -> str:
    """Downloads the aligned and cropped faces of CelebA: 202,599 JPEGs of 218x178 pixels.

    They are put into the folder `celebA` of the data folder, which appears when all of them are
    there. If there is anything in it already, nothing is done. The archive (1.4 GB) is removed
    afterwards, unless it was there before, as `img_align_celeba.zip` in the data folder: then it
    is verified, and nothing is downloaded.

    Args:
        data_dir: The data folder; by default what the environment variable `GENFLOW_DATA_DIR`
            says, else a cache folder of the user.

    Returns:
        The folder with the images, for `load_image_folder`.

    Raises:
        OSError: If the download fails, or something cannot be written.
        ValueError: If what was downloaded is not what was published.

    Example:
        >>> from genflow.data import load_image_folder
        >>> faces = load_image_folder(download_celeba(), 64, crop_size=108)  # doctest: +SKIP

    References:
        Liu, Luo, Wang and Tang, Deep learning face attributes in the wild, 2015.
        https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html
    """
    root = resolve_data_dir(data_dir)
    folder = os.path.join(root, _FOLDER)
    if not is_filled(folder):
        refuse_existing(folder)  # Not after an hour of downloading.
        with fetch_archive(_URL, _MD5, os.path.join(root, _ARCHIVE)) as archive:
            with whole_folder(folder) as partial:
                extract_folder(archive, _FOLDER_IN_ARCHIVE, partial)
    return folder
