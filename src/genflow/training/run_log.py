"""The log of a run: one JSON object on each line."""

import json
import math
import os
from typing import Any, Dict, List

from genflow.whole_file import whole_file


class RunLog:
    """Appends records to a file of JSON lines, each of them on disk when `write` returns.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "log.jsonl")
        >>> RunLog(path).write({"step": 1, "train_bits_per_dim": 4.5})
        >>> read_log(path)
        [{'step': 1, 'train_bits_per_dim': 4.5}]
    """

    def __init__(self, path: str) -> None:
        """Constructs the log; nothing is read or written yet.

        Args:
            path: File to append to; its folder must exist.
        """
        self.path = path
        self._is_open = False

    def set_aside(self) -> None:
        """Renames a file that is there, and not the log of this run, to `<path>.old`."""
        if os.path.exists(self.path) and os.path.getsize(self.path):
            aside, number = self.path + ".old", 1
            while os.path.exists(aside):
                aside, number = "{}.old.{}".format(self.path, number), number + 1
            os.rename(self.path, aside)

    def rewind(self, last: int, key: str = "step") -> None:
        """Drops the records of steps that are made again, and checks the others.

        A killed process has logged some steps after its last checkpoint. The run goes on from
        there and logs them again.

        Args:
            last: The last step of the checkpoint.
            key: What counts the steps. Records without it stay.

        Raises:
            ValueError: If a line is not a JSON object, or counts no steps. The file stays.
        """
        if not os.path.exists(self.path):
            return
        records = read_log(self.path)
        for record in records:
            if not isinstance(record.get(key, 0), (int, float)):
                raise ValueError(  # noqa: TRY004 - a bad file, not a bad argument
                    "`{}` of {} must be a number; got {!r}: mend that line, or start a run in "
                    "another folder.".format(key, self.path, record[key])
                )
        kept = [record for record in records if record.get(key, last) <= last]
        if len(kept) == len(records):
            return
        with whole_file(self.path) as file:
            file.writelines(_line(record) for record in kept)

    def write(self, record: Dict[str, Any]) -> None:
        """Appends one record; in the place of a number that is not finite is null.

        Before the first one, a last line that a killed process left unfinished is dropped.
        """
        if not self._is_open:
            _end_last_line(self.path)
            self._is_open = True
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(_line(record))


def read_log(path: str) -> List[Dict[str, Any]]:
    """Reads what `RunLog` wrote.

    A last line that a killed process left unfinished is passed over.

    Args:
        path: File of JSON lines.

    Returns:
        The records, in the order of writing.

    Raises:
        ValueError: If another line is not a JSON object.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "log.jsonl")
        >>> RunLog(path).write({"step": 1})
        >>> len(read_log(path))
        1
    """
    records = []
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            record = json.loads(line.decode("utf-8"))
            if not isinstance(record, dict):
                raise TypeError("it is a {}".format(type(record).__name__))
            records.append(record)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(
                "Line {} of {} is not a JSON object ({}): remove it, or start a run in another "
                "folder.".format(number, path, error)
            ) from error
    return records


def _line(record: Dict[str, Any]) -> str:
    """The record in JSON, which has neither infinity nor NaN."""
    values = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in record.items()
    }
    return json.dumps(values) + "\n"


def _end_last_line(path: str) -> None:
    """Ends a last line without a line break, or drops it if it is not a whole record."""
    if not os.path.exists(path):
        return
    with open(path, "rb+") as file:
        contents = file.read()
        start = contents.rfind(b"\n") + 1
        if start == len(contents):
            return
        try:
            json.loads(contents[start:].decode("utf-8"))
            file.write(b"\n")
        except ValueError:
            file.truncate(start)
