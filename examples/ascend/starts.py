"""The steps after which a run was gone on with: its log does not tell."""

import json
import os
from typing import List

from genflow.training.checkpoint_files import latest_checkpoint

_FILE = "starts.jsonl"
_BEST = "best"


def note_start(run: str) -> None:
    """Notes, before a run goes on, the step of the checkpoint that it will go on from.

    Args:
        run: Its folder, which may not be there yet: then there is nothing to note.
    """
    if not os.path.isdir(run):
        return
    with open(os.path.join(run, _FILE), "a", encoding="utf-8") as file:
        file.write(json.dumps({"step": _last_step(run)}) + "\n")


def read_starts(run: str) -> List[int]:
    """The steps that were noted; none for a run that has started once.

    Args:
        run: Its folder.
    """
    path = os.path.join(run, _FILE)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["step"] for line in file]


def _last_step(run: str) -> int:
    """Of the newest checkpoint, which is in the folder or, of a GAN, in one within it."""
    inner = [os.path.join(run, name) for name in sorted(os.listdir(run)) if name != _BEST]
    found = [latest_checkpoint(folder) for folder in [run] + list(filter(os.path.isdir, inner))]
    return max([0] + [int(path.rpartition("-")[2]) for path in found if path])
