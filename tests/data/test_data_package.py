import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import genflow.data

MODULES = sorted(module.name for module in pkgutil.iter_modules(genflow.data.__path__))


def test_public_names():
    assert sorted(genflow.data.__all__) == [
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
    for name in genflow.data.__all__:
        assert "Example:" in getattr(genflow.data, name).__doc__


def test_importing_loads_no_heavy_package():
    heavy = ["tensorflow", "sklearn", "scipy", "PIL", "pooch", "requests", "tqdm", "h5py"]
    code = "import sys, genflow.data; print([m for m in {} if m in sys.modules])".format(heavy)
    output = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    assert output.decode().strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module("genflow.data." + name)
    assert any(test.examples for test in doctest.DocTestFinder().find(module))
    assert doctest.testmod(module).failed == 0
