"""An extractor that is trained where it is needed: a small classifier of the data set."""

import functools
import hashlib
import json
import os
import re
import tempfile
import warnings
from typing import Any, Dict, Optional, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow import ascend
from genflow.core.checks import check_positive, check_positive_integer
from genflow.data import ImageSource
from genflow.export import FrozenGraph
from genflow.export.frozen_manifest import manifest_path
from genflow.metrics.classifier_training import ClassifierSettings, train_and_freeze
from genflow.metrics.feature_extractor import FeatureExtractor
from genflow.training.checkpoints import OpenSession

_VERSION = 1  # Of the network and its training; another one makes cached files void.
_NUM_SAMPLED = 256
_KEY = "key"
_TRAINED_AGAIN = (
    " The classifier is trained again; numbers that came from the file before cannot be compared "
    "with those to come, unless the SHA-256 is the same."
)
_REMEDY = (
    "set `cache_dir`, or the environment variable XDG_CACHE_HOME, to a folder that can be written"
)


def train_classifier(
    train_set: ImageSource,
    test_set: ImageSource,
    cache_dir: Optional[str] = None,
    seed: int = 0,
    num_steps: int = 1500,
    batch_size: int = 128,
    num_features: int = 128,
    learning_rate: float = 0.003,
    dropout_rate: float = 0.4,
    config: Optional[tf.compat.v1.ConfigProto] = None,
    show_progress: bool = True,
    open_session: Optional[OpenSession] = None,
) -> FeatureExtractor:
    """Trains a small convolutional classifier and makes an extractor of its last layer but one.

    So measures of samples need no download, and their features are those that tell the
    classes of this data set from each other. The classifier is frozen into a file and used
    again whenever the data and the settings are the same; the file is checked by its
    SHA-256. With several threads two trainings are not equal to the last bit: numbers that
    are to be compared need one file, which its `sha256` proves.

    On MNIST, the default settings reach a test accuracy of 0.99 in a minute or two.

    Args:
        train_set: What it learns; a labelled set with at least 2 classes.
        test_set: What its accuracy is measured on, with images of the same shape.
        cache_dir: Where the file is, or will be; by default in a cache folder of the user
            (`~/.cache/genflow/classifiers` on Linux).
        seed: Of the initial weights, the order of the images and the dropout.
        num_steps: Steps of training.
        batch_size: Images in each step.
        num_features: The dimension of the features.
        learning_rate: At the start; from half of the training on it falls to zero.
        dropout_rate: Share of the features that the last layer misses in training.
        config: Of the session that computes features, which is on the host.
        show_progress: Whether there are progress bars, if they would be seen on a terminal.
        open_session: Opens the session of the training, on the default graph; by default
            `genflow.ascend.session` with `config`.

    Returns:
        The extractor, with its test accuracy as `accuracy`.

    Raises:
        ValueError: If the sets do not go together, or a number is out of range.
        OSError: If the folder cannot be written, which is noticed before the training.
        NonFiniteError: If the training diverges.

    Example:
        >>> import tempfile
        >>> from genflow.data import load_digits
        >>> folder = tempfile.mkdtemp()
        >>> digits = load_digits("train"), load_digits("test")
        >>> extract = train_classifier(*digits, folder, num_steps=2, show_progress=False)
        >>> extract(digits[1].images).features.shape
        (297, 128)

    References:
        Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015 (what
        the published scores are computed with, and what this one is not).
        https://arxiv.org/abs/1512.00567
    """
    settings = ClassifierSettings(
        seed, num_steps, batch_size, num_features, learning_rate, dropout_rate
    )
    _check(train_set, test_set, settings)
    key = classifier_key(train_set, test_set, settings)
    folder = _cache_folder(cache_dir)
    path = os.path.join(folder, "{}-{}.pb".format(_file_name(train_set.name), key[:16]))
    cached, reason = _cached(path, key, config, show_progress)
    if cached is not None:
        return cached
    with _partial_folder(folder) as partial:  # Before the training: it would be a pity after it.
        if reason:
            warnings.warn(reason + _TRAINED_AGAIN, stacklevel=2)
        name = "classifier of {}".format(train_set.name)
        manifest = {_KEY: key, "name": name, "tensorflow": tf.__version__}
        made = os.path.join(partial, os.path.basename(path))
        open_session = open_session or functools.partial(ascend.session, config=config)
        train_and_freeze(made, train_set, test_set, settings, manifest, open_session, show_progress)
        # Another process may have been quicker, and may be using its classifier already.
        cached, _ = _cached(path, key, config, show_progress)
        if cached is not None:
            return cached
        os.replace(manifest_path(made), manifest_path(path))
        os.replace(made, path)
    return FeatureExtractor(FrozenGraph(path, config), show_progress=show_progress)


def classifier_key(
    train_set: ImageSource, test_set: ImageSource, settings: ClassifierSettings
) -> str:
    """What a cached classifier is known by: all that its training depends on, but chance.

    Args:
        train_set: What is learned.
        test_set: What the accuracy is measured on.
        settings: Of the training.

    Returns:
        64 hexadecimal digits.
    """
    fields = dict(settings._asdict(), version=_VERSION)
    fields.update(train_set=_fingerprint(train_set), test_set=_fingerprint(test_set))
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _check(train_set: ImageSource, test_set: ImageSource, settings: ClassifierSettings) -> None:
    shapes = [tuple(image_set.image_shape) for image_set in (train_set, test_set)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "`train_set` and `test_set` must have images of one shape; got {} and {}.".format(
                *shapes
            )
        )
    if train_set.num_classes < 2 or train_set.num_classes != test_set.num_classes:
        raise ValueError(
            "`train_set` must have at least 2 classes, and `test_set` as many classes; got {} and "
            "{}.".format(train_set.num_classes, test_set.num_classes)
        )
    check_positive_integer(settings.num_steps, "num_steps")
    check_positive_integer(settings.num_features, "num_features")
    check_positive(settings.learning_rate, "learning_rate")


def _fingerprint(image_set: ImageSource) -> Dict[str, Any]:
    """What a set is, by its name, its sizes and some of its images."""
    indices = np.unique(np.linspace(0, len(image_set) - 1, _NUM_SAMPLED).astype(np.int64))
    digest = hashlib.sha256()
    for array in image_set.read(indices):
        digest.update(np.ascontiguousarray(array).tobytes())
    return {
        "name": image_set.name,
        "length": len(image_set),
        "image_shape": [int(size) for size in image_set.image_shape],
        "num_classes": int(image_set.num_classes),
        "sample": digest.hexdigest(),
    }


def _cache_folder(cache_dir: Optional[str]) -> str:
    folder = os.path.expanduser(cache_dir or _default_folder())
    if folder.startswith("~"):
        raise OSError("There is no home folder for {}: {}.".format(folder, _REMEDY))
    return folder


def _default_folder() -> str:
    import pooch  # Not at the top: it takes a while, and many users name a folder.

    try:
        cache = str(pooch.os_cache("genflow"))
    except RuntimeError:  # Some versions notice that there is no home folder, others do not.
        cache = os.path.join("~", ".cache", "genflow")
    return os.path.join(cache, "classifiers")


def _partial_folder(folder: str) -> tempfile.TemporaryDirectory:
    """A folder inside another one, which is made; both can be written, or that is said."""
    try:
        os.makedirs(folder, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".partial-", dir=folder)
    except OSError as error:
        raise OSError(
            "The classifier cannot be kept in {} ({}): {}.".format(folder, error, _REMEDY)
        ) from error


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def _cached(
    path: str, key: str, config: Optional[tf.compat.v1.ConfigProto], show_progress: bool
) -> Tuple[Optional[FeatureExtractor], str]:
    """The classifier that is there, or what is wrong with it; nothing, if there is none."""
    if not os.path.exists(path):
        return None, ""
    try:
        graph = FrozenGraph(path, config)
        if graph.manifest.get(_KEY) != key:
            return None, "{} is of another training.".format(path)
        return FeatureExtractor(graph, show_progress=show_progress), ""
    except (ValueError, FileNotFoundError) as error:
        return None, str(error)
