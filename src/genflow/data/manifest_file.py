"""The file in which a folder of records says what it must hold."""

import json
import os
import re
from typing import Any, Dict, Optional, Tuple

from genflow.data.record_manifest import FileSummary, RecordManifest
from genflow.whole_file import whole_file

_NAME = "manifest.json"
_VERSION = 1
_MAX_BYTES = 2**24
_MAX_CLASSES = 2**31 - 1  # Labels are int32.
_FIELDS = {"version", "folder", "num_examples", "num_classes", "class_names", "files"}
_SHAPE = "image_shape"  # A field that only images as they are have.
_SHA256 = re.compile("[0-9a-f]{64}")


def manifest_path(folder: str) -> str:
    """Returns where the manifest of a folder is, there or not.

    Args:
        folder: The folder of the split.

    Example:
        >>> manifest_path("train") == os.path.join("train", "manifest.json")
        True
    """
    return os.path.join(folder, _NAME)


def read_manifest(folder: str) -> Optional[RecordManifest]:
    """Reads the manifest of a folder, if there is one.

    Args:
        folder: The folder of the split.

    Raises:
        ValueError: If the manifest is not as it must be.

    Example:
        >>> read_manifest("no such folder") is None
        True
    """
    path = manifest_path(folder)
    if not os.path.exists(path):
        return None
    if not os.path.isfile(path):
        raise ValueError(
            "{} must be a file; got something else. Move it away and write it again "
            "(`write_manifest`, or for images as they are `write_image_records`).".format(path)
        )
    with open(path, "rb") as file:
        contents = file.read(_MAX_BYTES + 1)
    _require(len(contents) <= _MAX_BYTES, path, "at most {} bytes".format(_MAX_BYTES), "more")
    try:
        fields = json.loads(contents.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            "{} must be JSON; got something else ({}). Move it away and write it again "
            "(`write_manifest`).".format(path, error)
        ) from error
    return _manifest(fields, folder)


def save_manifest(manifest: RecordManifest, folder: str) -> None:
    """Writes the manifest of a folder, where it appears only when it is whole.

    Args:
        manifest: What the folder holds.
        folder: The folder of the split.

    Raises:
        FileExistsError: If there is a manifest.
        ValueError: If a file in the manifest does not belong to this folder.

    Example:
        >>> import tempfile
        >>> folder = os.path.join(tempfile.mkdtemp(), "train")
        >>> os.mkdir(folder)
        >>> summary = FileSummary(num_records=3, num_bytes=300, sha256="0" * 64)
        >>> manifest = RecordManifest(1, None, {"train-r05-s-0000-of-0001.tfrecords": summary})
        >>> save_manifest(manifest, folder)
        >>> read_manifest(folder) == manifest
        True
    """
    path = manifest_path(folder)
    if os.path.exists(path):
        raise FileExistsError(
            "{} is there and is not overwritten; move it away first.".format(path)
        )
    fields = {
        "version": _VERSION,
        "folder": os.path.basename(folder),
        "num_examples": _num_examples(manifest, folder),
        "num_classes": manifest.num_classes,
        "class_names": manifest.class_names,
        "files": {name: summary._asdict() for name, summary in sorted(manifest.files.items())},
    }
    if manifest.image_shape:
        fields[_SHAPE] = manifest.image_shape
    with whole_file(path) as file:
        json.dump(fields, file, indent=1)


def _num_examples(manifest: RecordManifest, folder: str) -> Any:
    """Returns the number of examples by image size; the keys of JSON are strings."""
    counts = manifest.num_examples(folder)
    return {str(size or "images"): counts[size] for size in sorted(counts, key=lambda n: n or 0)}


def _manifest(fields: Any, folder: str) -> RecordManifest:
    """Makes a manifest of what the file holds, which may be anything."""
    path = manifest_path(folder)
    is_as_it_is = isinstance(fields, dict) and _SHAPE in fields
    _require_fields(fields, _FIELDS | {_SHAPE} if is_as_it_is else _FIELDS, path, "the fields")
    _require(_is_count(fields["version"]), path, "a `version`", fields["version"])
    _require(fields["version"] == _VERSION, path, "version {}".format(_VERSION), fields["version"])
    name, files = fields["folder"], fields["files"]
    own_name = os.path.basename(folder)
    _require(name == own_name, path, "the `folder` {!r}".format(own_name), name)
    _require(isinstance(files, dict) and files, path, "the `files`, by name", files)
    _require_classes(fields["num_classes"], fields["class_names"], path)
    summaries = {name: _summary(summary, name, path) for name, summary in files.items()}
    shape = _image_shape(fields[_SHAPE], path) if is_as_it_is else None
    manifest = RecordManifest(fields["num_classes"], fields["class_names"], summaries, shape)
    are_as_they_are = set(manifest.num_examples(folder)) == {None}
    what = "`{}` if, and only if, its files hold images as they are".format(_SHAPE)
    _require(are_as_they_are == is_as_it_is, path, what, sorted(files))
    if shape:
        _require_room(shape, summaries, path)
    expected = _num_examples(manifest, folder)
    what = "the `num_examples` that its files add up to, {}".format(expected)
    _require(fields["num_examples"] == expected, path, what, fields["num_examples"])
    return manifest


def _summary(fields: Any, name: str, path: str) -> FileSummary:
    _require_fields(fields, set(FileSummary._fields), path, "for " + name)
    summary = FileSummary(**fields)
    for field in ["num_records", "num_bytes"]:
        what = "for {} a positive `{}`".format(name, field)
        _require(_is_count(fields[field]), path, what, fields[field])
    is_digest = isinstance(summary.sha256, str) and _SHA256.fullmatch(summary.sha256)
    _require(is_digest, path, "for {} a `sha256` of 64 digits".format(name), summary.sha256)
    return summary


def _image_shape(shape: Any, path: str) -> Tuple[int, int, int]:
    is_shape = isinstance(shape, list) and len(shape) == 3 and all(map(_is_count, shape))
    _require(is_shape, path, "as `{}` three positive numbers".format(_SHAPE), shape)
    return tuple(shape)


def _require_room(shape: Tuple[int, int, int], files: Dict[str, FileSummary], path: str) -> None:
    """Refuses images that would take more memory than there are bytes in their file."""
    height, width, channels = shape
    for name, summary in files.items():
        what = "as `{}` one of which the {} images of {} fit into its {} bytes".format(
            _SHAPE, summary.num_records, name, summary.num_bytes
        )
        needed = height * width * channels * summary.num_records
        _require(needed <= summary.num_bytes, path, what, list(shape))


def _require_classes(num_classes: Any, class_names: Any, path: str) -> None:
    _require(_is_count(num_classes), path, "a positive `num_classes`", num_classes)
    what = "a `num_classes` of at most {}".format(_MAX_CLASSES)
    _require(num_classes <= _MAX_CLASSES, path, what, num_classes)
    are_names = isinstance(class_names, list) and all(isinstance(n, str) for n in class_names)
    is_complete = are_names and len(set(class_names)) == len(class_names) == num_classes
    what = "as `class_names` null or {} different names".format(num_classes)
    _require(class_names is None or is_complete, path, what, class_names)


def _require_fields(fields: Any, names: set, path: str, where: str) -> None:
    found = sorted(fields) if isinstance(fields, dict) else fields
    _require(found == sorted(names), path, "{} {}".format(where, sorted(names)), found)


def _require(condition: Any, path: str, what: str, found: Any) -> None:
    if not condition:
        raise ValueError(
            "{} must have {}; got {:.200}. Move it away and write it again (`write_manifest`, or "
            "for images as they are `write_image_records`).".format(path, what, repr(found))
        )


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0
