"""A graph without variables, read from a file and run in a session of its own."""

import hashlib
from typing import Dict, Iterable, Optional

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core.types import Tensor
from genflow.export.frozen_manifest import Specs, manifest_path, read_manifest, specs_from_json
from genflow.export.pure_graph import check_nodes


class FrozenGraph:
    """What `save_frozen_graph` has written: a function from arrays to arrays.

    Nothing is needed but the two files, which may come from anybody: a graph is refused,
    before anything in it is computed, if it has operations that are not known to do nothing
    but compute numbers from numbers. It may still ask for more memory than there is.

    A frozen graph of other origin becomes one of this kind when it is imported into a graph
    and saved again by `save_frozen_graph`, with names for its inputs and outputs.

    Attributes:
        path: The file.
        manifest: The fields of `<path>.json`.
        sha256: The SHA-256 of the file, 64 hexadecimal digits.
        inputs: The shape and type of each input by its name,
        outputs: ... and of each output.

    Example:
        >>> import os, tempfile
        >>> from genflow.export import save_frozen_graph
        >>> path = os.path.join(tempfile.mkdtemp(), "double.pb")
        >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        ...     x = tf.compat.v1.placeholder(tf.float32, [None, 3])
        ...     sha256 = save_frozen_graph(path, session, {"x": x}, {"y": 2.0 * x})
        >>> double = FrozenGraph(path)
        >>> double(x=np.ones([2, 3]))["y"].shape, double.sha256 == sha256
        ((2, 3), True)
    """

    def __init__(self, path: str, config: Optional[tf.compat.v1.ConfigProto] = None) -> None:
        """Reads the files and checks them against each other.

        Args:
            path: The file, `*.pb`; its manifest is `<path>.json`.
            config: Of the session.

        Raises:
            FileNotFoundError: If one of the files is not there.
            ValueError: If one is damaged or does not go with the other, or if the graph is no
                function of numbers, or of a newer TensorFlow.
        """
        self.path = path
        self.manifest = read_manifest(manifest_path(path))
        self.sha256 = self.manifest["sha256"]
        self.inputs, self.outputs = (
            specs_from_json(self.manifest[field], field, manifest_path(path))
            for field in ("inputs", "outputs")
        )
        graph = _imported(self._contents(), self.inputs, path)
        self._feeds = self._tensors(graph, self.inputs)
        self._fetches = self._tensors(graph, self.outputs)
        self._session = tf.compat.v1.Session(graph=graph, config=config)

    def __call__(self, **arrays: np.ndarray) -> Dict[str, np.ndarray]:
        """Computes the outputs.

        Args:
            **arrays: An array for every input, by its name. They are converted to the types
                of the inputs.

        Returns:
            An array for every output, by its name.

        Raises:
            ValueError: If an input is missing, unknown or of another shape.
        """
        if sorted(arrays) != sorted(self.inputs):
            raise ValueError(
                "{} takes the inputs {}; got {}.".format(
                    self.path, *map(_list, (self.inputs, arrays))
                )
            )
        feed = {}
        for name, spec in self.inputs.items():
            array = np.asarray(arrays[name], spec.dtype.as_numpy_dtype)
            if not spec.shape.is_compatible_with(array.shape):
                raise ValueError(
                    "`{}` must have the shape {}; got {}.".format(
                        name, tuple(spec.shape.as_list()), array.shape
                    )
                )
            feed[self._feeds[name]] = array
        return self._session.run(self._fetches, feed)

    def _contents(self) -> bytes:
        with open(self.path, "rb") as file:
            contents = file.read()
        found = hashlib.sha256(contents).hexdigest()
        if found != self.sha256:
            raise ValueError(
                "{} is damaged, or not the file that {} goes with: its SHA-256 must be {} but is "
                "{}. Make or fetch both again.".format(
                    self.path, manifest_path(self.path), self.sha256, found
                )
            )
        return contents

    def _tensors(self, graph: tf.Graph, specs: Specs) -> Dict[str, Tensor]:
        return {name: self._tensor(graph, name + ":0", spec) for name, spec in specs.items()}

    def _tensor(self, graph: tf.Graph, name: str, spec: tf.TensorSpec) -> Tensor:
        try:
            tensor = graph.get_tensor_by_name(name)
        except (KeyError, ValueError) as error:
            raise ValueError(
                "{} has no {!r}, of which its manifest speaks. Make or fetch both again.".format(
                    self.path, name
                )
            ) from error
        if tensor.dtype != spec.dtype or not tensor.shape.is_compatible_with(spec.shape):
            raise ValueError(
                "{!r} of {} must be {} of shape {}, as its manifest says; got {} of shape {}. Make "
                "or fetch both again.".format(
                    name, self.path, spec.dtype.name, spec.shape, tensor.dtype.name, tensor.shape
                )
            )
        return tensor


def _imported(contents: bytes, inputs: Iterable[str], path: str) -> tf.Graph:
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(contents)
    except Exception as error:  # protobuf's own, of which there are several.
        raise ValueError("{} is no graph of TensorFlow.".format(path)) from error
    for function in graph_def.library.function:
        raise ValueError(
            "{} must hold no functions, but holds {!r}.".format(path, function.signature.name)
        )
    check_nodes(graph_def.node, inputs, path)
    with tf.Graph().as_default() as graph:
        try:
            tf.compat.v1.import_graph_def(graph_def, name="")
        except (KeyError, TypeError, ValueError, tf.errors.OpError) as error:
            raise ValueError(
                "{} has an operation that TensorFlow {} does not know or does not accept ({}): "
                "write it with that version.".format(path, tf.__version__, _first_sentence(error))
            ) from error
    return graph


def _first_sentence(error: Exception) -> str:
    return str(error).split(". ")[0]


def _list(names: Dict) -> str:
    return ", ".join(repr(name) for name in sorted(names)) or "none"
