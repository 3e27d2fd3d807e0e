import gzip
import hashlib
import http.server
import io
import os
import pickle
import re
import tarfile
import threading

import numpy as np
import pytest

from genflow.data import ImageSet, cifar10, fetch, mnist

NAMES = ["data_batch_{}".format(number) for number in range(1, 6)] + ["test_batch"]


@pytest.fixture
def real_data_dir():
    """The folder with the real data sets."""
    data_dir = os.environ.get("GENFLOW_DATA_DIR")
    if not data_dir:
        pytest.skip("GENFLOW_DATA_DIR is not set: no real data")
    return data_dir


@pytest.fixture
def real_mnist_dir(real_data_dir):
    """The same folder, if it holds MNIST too."""
    if not os.path.isdir(os.path.join(real_data_dir, "mnist")):
        pytest.skip("there is no folder mnist in GENFLOW_DATA_DIR")
    return real_data_dir


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


class FileServer:
    """A web server on this machine, with the faults that a test asks for.

    Attributes:
        files: The contents by path.
        ranges: Whether it understands requests for the rest of a file.
        limit: How many bytes of that rest it sends at most.
        cuts: For each response to come, after how many bytes its connection breaks.
        statuses: For each response to come, the status it has instead of a file.
        headers: Sent with every response.
        compresses: Whether it compresses files for those who accept that.
        requests: The `Range` that each request asked for, None for a whole file.
        num_sent: How many bytes of each file each response has sent.
    """

    def __init__(self):
        self.files, self.headers, self.ranges, self.limit = {}, {}, True, None
        self.compresses = False
        self.cuts, self.statuses, self.requests, self.num_sent = [], [], [], []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *args):
                pass

        self._http = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:{}/".format(self._http.server_port)

    def answer(self, request):
        asked = request.headers.get("Range")
        self.requests.append(asked)
        contents = self.files.get(request.path[1:])
        status = self.statuses.pop(0) if self.statuses else 200 if contents is not None else 404
        if status != 200:
            return self._send(request, status, self.headers, b"")
        headers = dict(self.headers)
        if self.compresses and "gzip" in request.headers.get("Accept-Encoding", ""):
            contents, headers["Content-Encoding"] = gzip.compress(contents), "gzip"
        first, last = 0, len(contents)
        if self.ranges and asked:
            first = int(re.match(r"bytes=(\d+)-$", asked).group(1))
            if first >= len(contents):
                headers = {"Content-Range": "bytes */{}".format(len(contents))}
                return self._send(request, 416, headers, b"")
            status, last = 206, min(last, first + (self.limit or last))
            span = "bytes {}-{}/{}".format(first, last - 1, len(contents))
            headers.setdefault("Content-Range", span)
        return self._send(request, status, headers, contents[first:last])

    def _send(self, request, status, headers, body):
        sent = body[: self.cuts.pop(0)] if self.cuts else body
        self.num_sent.append(len(sent))  # Before anybody knows that there is an answer.
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(sent)

    def __enter__(self):
        threading.Thread(target=self._http.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *unused):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def file_server(monkeypatch):
    """A `FileServer` that is reached without a proxy, and not waited for when it fails."""
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(fetch, "_BACKOFF_SECONDS", 0)
    with FileServer() as server:
        yield server


class TinyMnist:
    """A data set in the format of MNIST with a few random images."""

    counts = {"train": 30, "test": 20}

    def __init__(self):
        random = np.random.RandomState(0)
        self.images, self.labels, self.files = {}, {}, {}
        for split, count in self.counts.items():
            self.images[split] = random.randint(256, size=[count, 28, 28]).astype(np.uint8)
            self.labels[split] = random.randint(10, size=[count]).astype(np.uint8)
            for name, array in zip(mnist._FILES[split], [self.images[split], self.labels[split]]):
                self.files[name] = idx_bytes(array)

    def gzipped(self):
        return {name + ".gz": gzip.compress(b, 6) for name, b in self.files.items()}

    def write_folder(self, folder, gzipped=True):
        folder.mkdir(parents=True, exist_ok=True)
        for name, contents in (self.gzipped() if gzipped else self.files).items():
            (folder / name).write_bytes(contents)

    def expect(self, monkeypatch, files):
        """Makes the loaders take these files for the published ones."""
        md5 = {name: hashlib.md5(contents).hexdigest() for name, contents in files.items()}
        for name in ["_MNIST", "_FASHION_MNIST"]:
            monkeypatch.setattr(mnist, name, getattr(mnist, name)._replace(md5=md5))
        monkeypatch.setattr(mnist, "_NUM_EXAMPLES", self.counts)


def idx_bytes(array):
    """The IDX file of an array of bytes."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return header + array.tobytes()


@pytest.fixture
def tiny_mnist(monkeypatch):
    tiny = TinyMnist()
    gzipped = tiny.gzipped()
    monkeypatch.setattr(tiny, "gzipped", lambda: gzipped)  # Its header tells the time.
    tiny.expect(monkeypatch, gzipped)
    return tiny


def snapshot(folder):
    """The contents of every file below a folder."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def unchanged(tmp_path):
    """Checks that no file below `tmp_path` is other than it was when this was called first."""
    before = []

    def check():
        before.append(snapshot(tmp_path))
        assert before[0] == before[-1]

    return check
