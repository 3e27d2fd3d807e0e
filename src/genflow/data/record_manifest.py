"""What a folder of records must hold."""

import dataclasses
import os
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from genflow.data.checksum import file_checksum
from genflow.data.record_files import parse_name


class FileSummary(NamedTuple):
    """What a manifest says of a file.

    Attributes:
        num_records: How many records it holds.
        num_bytes: How long it is.
        sha256: The SHA-256 of its contents, 64 hexadecimal digits.

    Example:
        >>> FileSummary(num_records=3, num_bytes=300, sha256="0" * 64).num_records
        3
    """

    num_records: int
    num_bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class RecordManifest:
    """What the folder of a split must hold.

    Attributes:
        num_classes: The number of classes; 1 where there are none.
        class_names: What the classes are called, in order; None where nobody said.
        files: Every file of records in the folder, by name.
        image_shape: The height, width and channels of images as they are; None for squares of
            the original Glow's sizes, whose files say it in their names.

    Example:
        >>> summary = FileSummary(num_records=3, num_bytes=300, sha256="0" * 64)
        >>> manifest = RecordManifest(1, None, {"train-r05-s-0000-of-0001.tfrecords": summary})
        >>> manifest.num_examples("train")
        {32: 3}
    """

    num_classes: int
    class_names: Optional[List[str]]
    files: Dict[str, FileSummary]
    image_shape: Optional[Tuple[int, int, int]] = None

    def num_examples(self, folder: str) -> Dict[Optional[int], int]:
        """Returns the number of examples of each image size, by None of images as they are.

        Args:
            folder: The folder of the split.

        Raises:
            ValueError: If a file does not belong there.
        """
        counts = {}  # type: Dict[Optional[int], int]
        for name, summary in self.files.items():
            file = parse_name(name, folder)
            if file is None:
                raise ValueError(
                    "The manifest of {} must list nothing but files of records in it; got "
                    "{!r}.".format(folder, name)
                )
            counts[file.image_size] = counts.get(file.image_size, 0) + summary.num_records
        return counts

    def check_complete(self, folder: str, paths: Sequence[str]) -> None:
        """Refuses a folder that lacks a file of the manifest.

        Args:
            folder: The folder of the split.
            paths: The files of records in it.

        Raises:
            ValueError: If one is missing.
        """
        absent = sorted(set(self.files) - {os.path.basename(path) for path in paths})
        if absent:
            raise ValueError(
                "{} must have {}, as its manifest says, but has not. Fetch or write it "
                "again.".format(folder, absent[0])
            )

    def check_size(self, path: str) -> None:
        """Refuses a file that is not in the manifest or has another length, without reading it.

        Args:
            path: The file.

        Raises:
            ValueError: If it differs.
        """
        self._compare(path, "bytes", os.path.getsize(path), self._summary(path).num_bytes)

    def check_counts(self, num_records: Dict[str, int]) -> None:
        """Refuses a file with another number of records.

        Args:
            num_records: How many records were found in each file.

        Raises:
            ValueError: If one differs.
        """
        for path, count in num_records.items():
            self._compare(path, "records", count, self._summary(path).num_records)

    def check_contents(self, path: str) -> None:
        """Refuses a file whose contents are others, after reading all of it.

        Args:
            path: The file.

        Raises:
            ValueError: If it differs.
        """
        self.check_size(path)
        found = file_checksum(path, "SHA-256")
        self._compare(path, "as SHA-256", found, self._summary(path).sha256)

    def _summary(self, path: str) -> FileSummary:
        if os.path.basename(path) not in self.files:
            raise ValueError(
                "{} must be in the manifest of its folder but is not; move the file away, or the "
                "manifest.".format(path)
            )
        return self.files[os.path.basename(path)]

    def _compare(self, path: str, what: str, found: object, expected: object) -> None:
        if found != expected:
            raise ValueError(
                "{} must have {} {}, as the manifest of its folder says; got {}. Fetch or write "
                "it again.".format(path, expected, what, found)
            )


def summarize(path: str, num_records: int) -> FileSummary:
    """Returns what a manifest is to say of a file.

    Args:
        path: The file.
        num_records: How many records it holds.

    Example:
        >>> summarize(os.devnull, num_records=0).num_bytes
        0
    """
    return FileSummary(num_records, os.path.getsize(path), file_checksum(path, "SHA-256"))
