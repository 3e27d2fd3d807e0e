"""The manifest of a frozen graph: what goes into it, what comes out, and its checksum."""

import json
from typing import Any, Dict

import tensorflow.compat.v2 as tf

VERSION = 1
OWN_FIELDS = ("inputs", "outputs", "sha256", "version")
_MAX_BYTES = 2**20
_REMEDY = "Write the graph and its manifest again with `save_frozen_graph`."

Specs = Dict[str, tf.TensorSpec]


def manifest_path(path: str) -> str:
    """Where the manifest of a frozen graph is.

    Example:
        >>> manifest_path("generator.pb")
        'generator.pb.json'
    """
    return path + ".json"


def specs_to_json(specs: Specs) -> Dict[str, Any]:
    """Writes shapes and types down as JSON can hold them.

    Example:
        >>> specs_to_json({"x": tf.TensorSpec([None, 3], tf.float32)})
        {'x': {'shape': [None, 3], 'dtype': 'float32'}}
    """
    return {
        name: {
            "shape": None if spec.shape.rank is None else spec.shape.as_list(),
            "dtype": spec.dtype.name,
        }
        for name, spec in sorted(specs.items())
    }


def specs_from_json(fields: Any, field: str, path: str) -> Specs:
    """Reads what `specs_to_json` made, and which may be anything by now.

    Args:
        fields: What is in the manifest.
        field: What it is called there, for the message.
        path: The manifest.

    Raises:
        ValueError: If it is something else.

    Example:
        >>> specs_from_json({"x": {"shape": None, "dtype": "int32"}}, "inputs", "x.pb.json")
        {'x': TensorSpec(shape=<unknown>, dtype=tf.int32, name=None)}
    """
    try:
        return {
            str(name): tf.TensorSpec(spec["shape"], tf.as_dtype(spec["dtype"]))
            for name, spec in fields.items()
        }
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            "{} must have in `{}` a shape and a dtype by name; got {:.200}. {}".format(
                path, field, repr(fields), _REMEDY
            )
        ) from error


def read_manifest(path: str) -> Dict[str, Any]:
    """Reads the manifest of a frozen graph.

    Args:
        path: The manifest.

    Returns:
        Its fields; those that `save_frozen_graph` writes are there.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is no such manifest.
    """
    try:
        with open(path, "rb") as file:
            contents = file.read(_MAX_BYTES)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            "There is no {}, which says what the graph beside it takes and gives: write both with "
            "`save_frozen_graph`.".format(path)
        ) from error
    try:
        fields = json.loads(contents.decode("utf-8"))
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ValueError(  # noqa: TRY004 - a bad file, not a bad argument
            "{} must be a JSON object, but is none. {}".format(path, _REMEDY)
        )
    absent = [name for name in OWN_FIELDS if name not in fields]
    if absent:
        raise ValueError("{} must have the field `{}`. {}".format(path, absent[0], _REMEDY))
    if fields["version"] != VERSION:
        raise ValueError(
            "{} must have version {}; got {!r}. {}".format(
                path, VERSION, fields["version"], _REMEDY
            )
        )
    return fields
