import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest

from genflow.data import ImageSet, cifar10

NAMES = ["data_batch_{}".format(number) for number in range(1, 6)] + ["test_batch"]


@pytest.fixture
def real_data_dir():
    """The folder with the real data sets."""
    data_dir = os.environ.get("GENFLOW_DATA_DIR")
    if not data_dir:
        pytest.skip("GENFLOW_DATA_DIR is not set: no real data")
    return data_dir


@pytest.fixture
def numbered_set():
    """Ten images, each filled with its own number, which is also its label."""
    labels = np.arange(10, dtype=np.int32)
    images = np.zeros([10, 2, 3, 1], np.uint8) + labels.astype(np.uint8).reshape([10, 1, 1, 1])
    return ImageSet("numbered", images, labels, num_classes=10)


class TinyCifar10:
    """A data set in the format of CIFAR-10 with 20 random images per file."""

    num_images = 20

    def __init__(self):
        random = np.random.RandomState(0)
        self.images, self.labels, self.files = {}, {}, {}
        for name in NAMES:
            images = random.randint(256, size=[self.num_images, 32, 32, 3]).astype(np.uint8)
            labels = random.randint(10, size=[self.num_images]).tolist()
            rows = [np.concatenate([image[..., c].ravel() for c in range(3)]) for image in images]
            content = {"data": np.stack(rows), "labels": labels}
            self.images[name], self.labels[name] = images, labels
            self.files[name] = pickle.dumps(content, protocol=3)

    def write_folder(self, folder):
        folder.mkdir(parents=True)
        for name, contents in self.files.items():
            (folder / name).write_bytes(contents)

    def archive(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name in reversed(NAMES):
                member = tarfile.TarInfo("cifar-10-batches-py/" + name)
                member.size = len(self.files[name])
                archive.addfile(member, io.BytesIO(self.files[name]))
        return buffer.getvalue()

    def expect(self, monkeypatch):
        """Makes the loader take these files for the published ones."""
        md5 = {name: hashlib.md5(contents).hexdigest() for name, contents in self.files.items()}
        splits = {"train": NAMES[:5], "test": NAMES[5:]}
        files = {split: {name: md5[name] for name in splits[split]} for split in splits}
        monkeypatch.setattr(cifar10, "_FILES", files)
        monkeypatch.setattr(cifar10, "_IMAGES_PER_FILE", self.num_images)


@pytest.fixture
def tiny_cifar10(monkeypatch):
    tiny = TinyCifar10()
    tiny.expect(monkeypatch)
    return tiny
