"""The file of a checkpoint of the reference implementation of Glow: names, shapes, tensors."""

import os
import re
from typing import Any, Dict, Iterable, List

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.training import CheckpointError

AVERAGE = "/ExponentialMovingAverage"
# What reading raises for files that are missing, truncated or no checkpoint.
_UNREADABLE = (tf.errors.OpError, ValueError, IndexError, RuntimeError)


class Original:
    """A checkpoint of the original: names, shapes, and on demand the tensors."""

    def __init__(self, path: str) -> None:
        """Reads the names; nothing is ever unpickled."""
        path = os.fspath(path)
        self.path = path[: -len(".index")] if path.endswith(".index") else path
        try:
            self._reader = tf.train.load_checkpoint(self.path)
            self.stored = dict(self._reader.get_variable_to_shape_map())
            self.dtypes = dict(self._reader.get_variable_to_dtype_map())
        except _UNREADABLE as error:
            raise CheckpointError(self._unreadable(error)) from error
        self.shapes = {name.replace(AVERAGE, ""): shape for name, shape in self.stored.items()}

    def read(self, name: str) -> np.ndarray:
        """The tensor that is stored under a name."""
        try:
            return self._reader.get_tensor(name)
        except _UNREADABLE as error:
            raise CheckpointError(self._unreadable(error)) from error

    def flags(self) -> Dict[str, Any]:
        """The flags of the model, from names and shapes; none if it is no Glow."""
        steps = [re.match(r"model/(\d+)/(\d+)/actnorm_center/b$", name) for name in self.shapes]
        numbers = [[int(number) for number in step.groups()] for step in steps if step]
        try:
            channels = self.shapes["model/0/0/actnorm_center/b"][-1]
            outputs = self.shapes["model/0/0/f1/l_last/W"][-1]
            width = self.shapes["model/0/0/f1/l_1/W"][-1]
        except (KeyError, IndexError):
            return {}
        return dict(
            n_levels=len(set(level for level, _ in numbers)),
            depth=len(set(step for _, step in numbers)),
            width=width,
            flow_permutation=2 if self._has("invconv") else int(self.has_shuffles),
            flow_coupling=int(outputs == channels),
            learntop="model/prior/p/W" in self.shapes,
            ycond="model/prior/y_emb/W" in self.shapes,
        )

    @property
    def has_shuffles(self) -> bool:
        """Whether an order of the channels is stored; else they are reversed, or mixed."""
        return self._has("shuffle")

    def images(self) -> str:
        """What can be said of the images, in words."""
        channels = self.shapes["model/0/0/actnorm_center/b"][-1] // 4
        classes = (self.shapes.get("model/prior/y_emb/W") or [None])[0]
        of_classes = "" if classes is None else " and {} classes".format(classes)
        return "{} channels{}".format(channels, of_classes)

    def _has(self, scope: str) -> bool:
        return any("/{}/".format(scope) in name for name in self.shapes)

    def _unreadable(self, error: Exception) -> str:
        return (
            "{} cannot be read as a checkpoint ({}): give the path without .index or .data-*, keep "
            "both files in one folder, and copy them again if they are damaged.".format(
                self.path or "`checkpoint`", str(error).strip().split("\n")[0]
            )
        )


def listed(names: Iterable[str]) -> str:
    """The first ten names, and how many more there are."""
    names = sorted(names)
    more = ["and {} more".format(len(names) - 10)] if len(names) > 10 else []
    return ", ".join(names[:10] + more)


def as_arguments(flags: Dict[str, Any]) -> List[str]:
    """Flags as on a command line."""
    given = [(name, value) for name, value in flags.items() if value is not False]
    return [
        "--" + name if value is True else "--{}={}".format(name, value) for name, value in given
    ]
