"""Training of a flow on images."""

import os
from typing import Any, Callable, Dict, Optional, Sequence

import numpy as np
import tensorflow.compat.v2 as tf

from genflow import ascend
from genflow.data import ImageSet, batches
from genflow.data.augmentation import output_shape
from genflow.training.checkpoints import Checkpoints, OpenSession, Session
from genflow.training.flow_graph import FlowGraph, MakeClassifier, MakeFlow
from genflow.training.flow_inference import save_encoding
from genflow.training.flow_journal import FlowJournal
from genflow.training.flow_report import NUM_COLUMNS, FlowReporter
from genflow.training.minimizer import Minimizer, Update
from genflow.training.nan_guard import find_bad_layer
from genflow.training.stop_signals import StopSignals
from genflow.training.trainer import Trainer, count_parameters


class FlowTrainer(Trainer):
    """Trains a flow on images by maximum likelihood, and reports what it does.

    The loss is the mean over the batch of

        flow.bits_per_dim + classifier_weight * cross entropy of the classifier in bits

    the latter only if there is a classifier; with `training=True`, where a part of the model
    differs in training. The folder of the run then holds checkpoints,
    the best one apart, `log.jsonl`, an event file for TensorBoard, `learning_curve.png`,
    and `samples_<step>.png`, `reconstructions_<step>.png` and `bits_per_dim_<step>.png`. A run
    whose folder has a checkpoint goes on from it. The order of the data, the augmentation and
    the dequantisation noise are functions of the seed and the step: on a CPU with one thread a
    run that was killed and goes on equals one that was not, bit for bit.

    Example:
        >>> import tempfile
        >>> from genflow.data import load_digits
        >>> from genflow.distributions import Flow
        >>> from genflow.layers import ActNorm, Chain, Dequantize
        >>> from genflow.optimizers import Adamax
        >>> def make_flow(noise_seed):
        ...     layers = [Dequantize(seed=noise_seed), ActNorm()]
        ...     return Flow(Chain(layers), event_shape=[8, 8, 1])
        >>> trainer = FlowTrainer(
        ...     make_flow, Minimizer(lambda step: Adamax(0.01)), load_digits("train"),
        ...     load_digits("test"), tempfile.mkdtemp(), batch_size=16, show_progress=False)
        >>> sorted(trainer.train(num_steps=2))
        ['num_steps', 'pictures', 'test_bits_per_dim', 'test_loss', 'train_bits_per_dim']

    References:
        Kingma and Dhariwal, Glow, 2018, section 2. https://arxiv.org/abs/1807.03039
    """

    _shown, _unit = "bits_per_dim", "bits/dim"

    def __init__(
        self,
        make_flow: MakeFlow,
        minimizer: Minimizer,
        train_set: ImageSet,
        test_set: ImageSet,
        run_dir: str,
        batch_size: int = 50,
        test_batch_size: Optional[int] = None,
        init_batch_size: int = 256,
        num_bits: int = 8,
        class_conditional: bool = False,
        make_classifier: Optional[MakeClassifier] = None,
        classifier_weight: float = 1.0,
        augment: Optional[Callable] = None,
        num_parallel: int = 1,
        use_average: bool = False,
        num_samples: int = NUM_COLUMNS,
        sample_batch_size: Optional[int] = None,
        restore_path: Optional[str] = None,
        resume: bool = True,
        keep: int = 3,
        config: Any = None,
        open_session: Optional[OpenSession] = None,
        initialize: Optional[Callable[[FlowGraph, Session], None]] = None,
        seed: int = 0,
        show_progress: bool = True,
    ) -> None:
        """Builds the graph.

        Args:
            make_flow: From the seed of the dequantisation noise to the flow, which must
                start with `Dequantize(num_bits, seed=...)`. Called once, in the graph.
            minimizer: Makes the update of the weights.
            train_set: Images to train on.
            test_set: Held-out images.
            run_dir: Folder of the run; made if it does not exist.
            batch_size: Examples in each update.
            test_batch_size: Examples in each batch of the evaluation; by default as many.
            init_batch_size: Examples for data-dependent initialisation.
            num_bits: Bits of every pixel value, from 1 to 8.
            class_conditional: Whether the flow gets the labels, one-hot, as its context.
            make_classifier: From the flow to a network that maps its latents, with the
                context, to logits of the classes, and is trained with it.
            classifier_weight: Of the classifier's loss.
            augment: Of the training images; see `genflow.data.batches`.
            num_parallel: Batches prepared at the same time.
            use_average: Whether evaluation, samples and the choice of the best checkpoint
                take the average of the weights, which `minimizer` must then keep.
            num_samples: Images at each temperature.
            sample_batch_size: Images decoded at once when sampling; by default all.
            restore_path: Checkpoint to start from; see `Checkpoints`.
            resume: Whether a checkpoint in `run_dir` goes before `restore_path`.
            keep: How many of the last checkpoints stay.
            config: Configuration, to be stored in the checkpoints; anything that is JSON.
            open_session: Opens the session on the default graph; by default
                `genflow.ascend.session`, which takes an NPU or a GPU if there is one.
            initialize: Called with the graph and the session when a run starts anew, in the
                place of data-dependent initialisation.
            seed: Of everything random.
            show_progress: Whether there is a progress bar.

        Raises:
            ValueError: If the images of the two sets have different shapes, a size is out of
                range, or `use_average` is asked for without an average.
            CheckpointError: If the run cannot go on from its checkpoint.
        """
        image_shape = tuple(test_set.image_shape)
        _check_images(train_set, test_set, augment)
        _check_sizes(init_batch_size, num_samples, sample_batch_size, test_batch_size)
        if use_average and minimizer.average_decay is None:
            raise ValueError("`use_average` needs a `minimizer` with an `average_decay`.")
        os.makedirs(run_dir, exist_ok=True)
        checkpoints = Checkpoints(run_dir, restore_path, resume, keep)
        super().__init__(checkpoints, batch_size, open_session, show_progress)
        self.train_set, self.test_set, self.run_dir = train_set, test_set, run_dir
        self.init_batch_size, self.seed = init_batch_size, seed
        self._augment, self._num_parallel = augment, num_parallel
        self._initialize_from = initialize
        self._minimizers = [minimizer]
        self._test_batch_size = test_batch_size or batch_size
        with tf.Graph().as_default() as self._graph:
            self.tensors = FlowGraph(
                make_flow,
                minimizer,
                self._batches(self.checkpoints.step),
                image_shape,
                num_bits,
                train_set.num_classes if class_conditional else None,
                num_samples,
                seed,
                make_classifier,
                classifier_weight,
            )
            self._hold(self.tensors.state, self.tensors.average, config)
        self.reporter = FlowReporter(
            self.tensors, test_set, self._test_batch_size, sample_batch_size
        )
        self._journal = FlowJournal(
            self.reporter, self.checkpoints, self.tensors.average, use_average, show_progress
        )

    @property
    def num_parameters(self) -> int:
        """How many numbers are trained."""
        return count_parameters(self.tensors.modules)

    def infer(self, path: str) -> Dict[str, Any]:
        """Encodes and decodes all held-out images; see `save_encoding`.

        Args:
            path: `.npz` file to write.

        Returns:
            `test_<metric>` for all held-out metrics and `max_difference`, the largest
            difference between a pixel value and what became of it.

        Raises:
            ValueError: If the run has no checkpoint to take the weights from.
        """
        if self.checkpoints.path is None:
            raise ValueError(
                "There is no checkpoint in {}: train first, or say where one is with "
                "`restore_path` (`--restore_path`).".format(self.run_dir)
            )
        with self._graph.as_default(), StopSignals() as stop, self._open() as session:
            with self._journal.chosen_weights(session):
                return save_encoding(
                    path, self.tensors, session, self.test_set, self._test_batch_size, stop
                )

    def write_checkpoint(self) -> None:
        """Starts the run without training: its folder then holds the checkpoint of step 0."""
        with self._graph.as_default(), self._open() as session:
            self.checkpoints.save(session, self.checkpoints.step)

    def _updates(self) -> Sequence[Update]:
        return [self.tensors.update]

    def _batches(self, start: int) -> tf.data.Dataset:
        return batches(
            self.train_set,
            self.batch_size,
            self.seed,
            start=start,
            augment=self._augment,
            num_parallel=self._num_parallel,
        )

    def _initialize(self, session: Session) -> None:
        if self._initialize_from is not None:
            self._initialize_from(self.tensors, session)
        else:
            random = np.random.RandomState([self.seed % 2**32, 1])
            chosen = random.permutation(len(self.train_set))[: self.init_batch_size]
            images, labels = self.train_set.read(chosen)
            if self._augment is not None:
                images = self._augment(images, random)
            feed = self.tensors.feed(images, labels, "initialize")
            session.run(self.tensors.initial_updates, feed)
        session.run(self._start_average)

    def _diagnose(self, step: int, session: Session) -> str:
        """The layer at fault in a step; its batch is a function of the seed and the step."""
        with tf.Graph().as_default(), ascend.session("cpu") as reader:
            pair = tf.compat.v1.data.make_one_shot_iterator(self._batches(step - 1)).get_next()
            images, labels = reader.run(pair)
        tensors = self.tensors
        feed = dict(zip(tensors.batch, (images, labels)))
        bad = find_bad_layer(
            tensors.modules,
            tensors.x,
            tensors.context,
            tensors.update.gradients,
            session,
            feed,
            tensors.training,
        )

        def find_layer(dtype: tf.DType) -> str:
            return tensors.saturated_layer(session, feed, dtype)

        return self._place(bad, find_layer, session, feed)


def _check_images(train_set: ImageSet, test_set: ImageSet, augment: Optional[Callable]) -> None:
    made = output_shape(augment, train_set.image_shape)
    if made != tuple(test_set.image_shape):
        raise ValueError(
            "`train_set` and `test_set` must have images of one shape; got {} and {}.".format(
                made, tuple(test_set.image_shape)
            )
        )


def _check_sizes(init: int, samples: int, sample_batch: Optional[int], test: Optional[int]) -> None:
    if init < 2:
        raise ValueError(
            "`init_batch_size` must be at least 2, for layers take the standard deviation "
            "of every channel from that batch; got {}.".format(init)
        )
    for name, value in (
        ("num_samples", samples),
        ("sample_batch_size", sample_batch),
        ("test_batch_size", test),
    ):
        if value is not None and value < 1:
            raise ValueError("`{}` must be at least 1; got {}.".format(name, value))
