"""Image sets of which only some labels are known, for semi-supervised learning."""

import copy
from typing import Dict, Optional, Tuple

import numpy as np

from genflow.data.batch_indices import batch_indices
from genflow.data.endless_indices import endless_indices
from genflow.data.image_source import ImageSource
from genflow.data.image_subset import ImageSubset
from genflow.data.permutation import permutation
from genflow.data.shard import shard_bounds

_UNKNOWN = -1


class PartlyLabelledSet(ImageSource):
    """The images of another set, with the labels of some of them only.

    Its examples are the labelled ones, with their labels, and after them every image of the other
    set once more, with the label -1, which means "not known". So the unlabelled examples are all
    images, those whose label is known among them, and no label leaks through them.

    Each training batch has labelled examples in its first rows and unlabelled ones in the others:

        num_labelled_rows = round(batch_size * labelled_share)

    The unlabelled ones go through all images in seeded epochs, as those of other sets do. The
    labelled ones go through a stream of seeded orders without an end, of which nothing is dropped,
    so that all of them occur equally often, however few they are. Batches are a function of seed
    and number alone.

    Which labels are known is decided by the seed alone, and fewer are a part of more: the ten of
    each class are among the hundred of it. `labelled_indices` goes round the classes, the first
    example of each, then the second of each; so even its beginning is balanced.

    `shard` gives each process a part of the labelled and a part of the unlabelled examples. There
    is no `take`, `sample`, `hold_out` or `select`: an image could come into a part twice, or into
    two parts. Take a part of the other set instead, before its labels are hidden.

    Shapes:
        labelled_indices: `[num_labelled]`, int64, integers in `[0, len(source))`.

    Attributes:
        name: What messages and file names call the set, as that of the other set.
        image_shape: The height, width and channels of each image.
        num_classes: The number of classes, whether or not each one occurs.
        num_labelled: How many examples have a label. They are the first ones.
        num_unlabelled: How many have none.
        labelled_indices: Which examples of the other set have a label, in the order of this set.
        labelled_share: The share of the labelled examples in each batch.

    Example:
        >>> from genflow.data import load_digits
        >>> train_set = PartlyLabelledSet(load_digits("train"), labels_per_class=10, seed=0)
        >>> train_set.num_labelled, train_set.num_unlabelled
        (100, 1500)
        >>> images, labels = train_set.read(train_set.batch_indices(batch_size=8, seed=0, step=3))
        >>> (labels >= 0).tolist()
        [True, True, True, True, False, False, False, False]

    References:
        Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, Improved techniques for
        training GANs, 2016. https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self,
        source: ImageSource,
        labels_per_class: Optional[int] = None,
        labelled_share: float = 0.5,
        seed: int = 0,
    ) -> None:
        """Reads the labels of a set, and chooses those that are known.

        Args:
            source: Where the images come from.
            labels_per_class: Of how many examples of each class the label is known; by default
                of all, however many there are of each.
            labelled_share: The share of the labelled examples in each batch, between 0 and 1.
            seed: Decides which labels are known, and nothing else.

        Raises:
            ValueError: If an argument is out of range, or a class has fewer examples, or no
                example of `source` has a label.
        """
        _check_arguments(labels_per_class, labelled_share)
        self.name, self.num_classes = source.name, source.num_classes
        self.image_shape = source.image_shape
        self.labelled_share = labelled_share
        self._source = source
        everything = np.arange(len(source))
        members = _members(source, source.read_labels(everything), seed)
        if not members:
            raise ValueError(
                "`source` must have an example with a label; none of {} has one.".format(self.name)
            )
        if labels_per_class is not None:
            _check_members(source, members, labels_per_class)
        self._set_examples(_round_the_classes(members, labels_per_class), everything)

    @property
    def labelled_indices(self) -> np.ndarray:
        """Which examples of the other set have a label, in the order of this set."""
        return self._indices[: self.num_labelled]

    def labelled(self) -> ImageSource:
        """Returns the labelled examples alone, in order, as a set of their own.

        It is what a model learns from, for comparison, that is given labels and nothing else.
        """
        return ImageSubset(self._source, self.labelled_indices)

    def __len__(self) -> int:
        return len(self._indices)

    def read(self, indices: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Returns the images at `indices`, in that order, and their labels or -1."""
        images, labels = self._source.read(self._indices[indices])
        return images, self._masked(labels, indices)

    def read_labels(self, indices: np.ndarray) -> np.ndarray:
        """Returns the labels at `indices` or -1, in that order."""
        return self._masked(self._source.read_labels(self._indices[indices]), indices)

    def num_labelled_rows(self, batch_size: int) -> int:
        """Returns how many examples of a training batch, its first ones, have labels.

        Args:
            batch_size: The size of the batch.
        """
        return int(round(batch_size * self.labelled_share))

    def batch_indices(self, batch_size: int, seed: int, step: int) -> np.ndarray:
        """Returns which examples a training batch has: labelled ones, then unlabelled ones.

        Shapes:
            result: `[batch_size]`, int64, in `[0, len(self))`; `num_labelled` and above are
                unlabelled.

        Args:
            batch_size: The size of the batch.
            seed: Decides the order of the examples.
            step: The number of the batch, counted from 0.

        Raises:
            ValueError: If `batch_size` is too small for `labelled_share`, or has rows for more
                unlabelled examples than there are, or another argument is out of range.
        """
        num_labelled_rows = self.num_labelled_rows(batch_size)
        num_unlabelled_rows = batch_size - num_labelled_rows
        self._check_rows(batch_size, num_labelled_rows, num_unlabelled_rows)
        unlabelled = batch_indices(self.num_unlabelled, num_unlabelled_rows, seed, step)
        labelled = endless_indices(
            self.num_labelled, num_labelled_rows, seed, step, "labelled examples"
        )
        return np.concatenate([labelled, self.num_labelled + unlabelled])

    def shard(self, rank: int, size: int) -> "PartlyLabelledSet":
        """Returns the part of one process: a part of the labelled and one of the others.

        Args:
            rank: The number of the process, in `[0, size)`.
            size: The number of processes.

        Raises:
            ValueError: If `rank` is out of range, or there are more processes than labelled
                examples.
        """
        if size > self.num_labelled:
            raise ValueError(
                "`size`, the number of shards, must be at most {}, the number of labelled examples "
                "of {}, so that each has one; got {}.".format(self.num_labelled, self.name, size)
            )
        first, last = shard_bounds(self.num_labelled, rank, size)
        labelled = self.labelled_indices[first:last]
        first, last = shard_bounds(self.num_unlabelled, rank, size)
        part = copy.copy(self)
        part._set_examples(labelled, self._indices[self.num_labelled :][first:last])
        return part

    def _part(self, first: int, last: int) -> ImageSource:
        raise self._no_parts()

    def _subset(self, indices: np.ndarray) -> ImageSource:
        raise self._no_parts()

    def _no_parts(self) -> TypeError:
        return TypeError(
            "A PartlyLabelledSet has no `take`, `sample`, `hold_out` or `select`, since every "
            "labelled image is in it twice: take a part of the set that it was made of ({}) first, "
            "and make a PartlyLabelledSet of that.".format(self.name)
        )

    def _set_examples(self, labelled: np.ndarray, unlabelled: np.ndarray) -> None:
        """Takes examples of the other set."""
        self.num_labelled, self.num_unlabelled = len(labelled), len(unlabelled)
        self._indices = np.concatenate([labelled, unlabelled])
        self._indices.flags.writeable = False  # A part of it is handed out.
        self._has_label = np.arange(len(self._indices)) < self.num_labelled

    def _masked(self, labels: np.ndarray, indices: np.ndarray) -> np.ndarray:
        return np.where(self._has_label[indices], labels, np.int32(_UNKNOWN))

    def _check_rows(self, batch_size: int, num_labelled: int, num_unlabelled: int) -> None:
        if min(num_labelled, num_unlabelled) < 1:
            raise ValueError(
                "`batch_size` must leave a row for labelled and one for unlabelled examples, of "
                "which {} are to be labelled; got {}. Make it larger, or `labelled_share` nearer "
                "to 0.5.".format(self.labelled_share, batch_size)
            )
        if num_unlabelled > self.num_unlabelled:
            raise ValueError(
                "`batch_size` must have rows for at most {} unlabelled examples, the images of {}; "
                "got {}, which has {}.".format(
                    self.num_unlabelled, self.name, batch_size, num_unlabelled
                )
            )


def _members(source: ImageSource, labels: np.ndarray, seed: int) -> Dict[int, np.ndarray]:
    """Returns the examples of each class that occurs, in a seeded order."""
    order = permutation(len(source), seed, purpose="which labels are known")
    order = order[np.argsort(labels[order], kind="stable")]
    numbers, first = np.unique(labels[order], return_index=True)
    parts = zip(numbers.tolist(), np.split(order, first[1:]))
    return {number: part for number, part in parts if 0 <= number < source.num_classes}


def _round_the_classes(members: Dict[int, np.ndarray], count: Optional[int]) -> np.ndarray:
    """Returns the first examples of all classes, then the second ones, up to `count` or all."""
    chosen = [indices[:count] for indices in members.values()]
    ranks = np.concatenate([np.arange(len(indices)) for indices in chosen])
    return np.concatenate(chosen)[np.argsort(ranks, kind="stable")]


def _check_arguments(labels_per_class: Optional[int], labelled_share: float) -> None:
    if labels_per_class is not None and (
        isinstance(labels_per_class, bool)
        or not isinstance(labels_per_class, (int, np.integer))
        or labels_per_class < 1
    ):
        raise ValueError(
            "`labels_per_class` must be a positive integer, or None for all labels; got "
            "{!r}.".format(labels_per_class)
        )
    if not 0 < labelled_share < 1:
        raise ValueError(
            "`labelled_share` must be greater than 0 and less than 1; got {}.".format(
                labelled_share
            )
        )


def _check_members(source: ImageSource, members: Dict[int, np.ndarray], count: int) -> None:
    for number in range(source.num_classes):  # Up to the first that does not occur.
        found = len(members.get(number, ()))
        if found < count:
            raise ValueError(
                "`labels_per_class` must be at most the number of examples of every class of {}; "
                "got {}, and class {} has {}.".format(source.name, count, number, found)
            )
