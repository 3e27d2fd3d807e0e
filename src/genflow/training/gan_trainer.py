"""Training of a GAN on images."""

import contextlib
import os
from typing import Any, Callable, Dict, Iterator, Optional, Sequence, Union

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.data import ImageSource
from genflow.export import save_frozen_graph
from genflow.gan.latents import DrawLatents, uniform_latents
from genflow.training.checkpoints import Checkpoints, OpenSession, Session
from genflow.training.gan_checks import (
    check_classes,
    check_gan_sizes,
    check_loss,
    check_value_range,
)
from genflow.training.gan_graph import GanGraph, MakeNetwork
from genflow.training.gan_input import gan_input
from genflow.training.gan_journal import Draw, Evaluate, GanJournal
from genflow.training.gan_report import GanReporter
from genflow.training.minimizer import Minimizer, Update
from genflow.training.nan_guard import find_bad_weight
from genflow.training.pixel_range import Range
from genflow.training.schedules import every
from genflow.training.stop_signals import StopSignals
from genflow.training.trained_gan import TrainedGan
from genflow.training.trainer import Trainer, count_parameters
from genflow.training.update_schedules import Ratio, Turns


class GanTrainer(Trainer):
    """Trains a generator and a discriminator against each other, and reports what they do.

    What a step does is up to the schedule; every update is a run of the session of its own. The
    discriminator minimises `loss.discriminator_loss` of a `GanRound`, the generator
    `loss.generator_loss`. The log has both losses, and what else they say: with `GanLoss` the
    mean probability with which the discriminator takes real and generated images for real, D(x)
    and D(G(z)).

    Samples, evaluation, `trained` and `freeze` take the average of the weights of a network whose
    minimizer keeps one; the checkpoints hold both.

    The folder of the run then has `log.jsonl`, an event file for TensorBoard,
    `learning_curves.png`, sample grids, always of the same latents, and checkpoints, of which
    the last ones stay and the best one. A run whose folder has a checkpoint goes
    on from it: as everything random is a function of the seed and the step, on a CPU with one
    thread it equals one that was never stopped, bit for bit.

    Example:
        >>> import functools, tempfile
        >>> from genflow import gan, losses
        >>> from genflow.data import load_digits
        >>> from genflow.training import GanLoss
        >>> loss = GanLoss(
        ...     losses.non_saturating_generator_loss, losses.non_saturating_discriminator_loss)
        >>> adam = functools.partial(tf.compat.v1.train.AdamOptimizer, 2e-4, 0.5)
        >>> trainer = GanTrainer(
        ...     lambda seed: gan.DeconvGenerator((8, 8, 1), widths=(16, 8)),
        ...     lambda seed: gan.ConvDiscriminator(widths=(8, 16)),
        ...     loss, Minimizer(lambda step: adam()), Minimizer(lambda step: adam()),
        ...     load_digits("train"), tempfile.mkdtemp(), batch_size=16, show_progress=False)
        >>> trainer.train(num_steps=2)["num_steps"]
        2
        >>> with trainer.trained() as generator:
        ...     generator(np.zeros([3, 100], np.float32)).shape
        (3, 8, 8, 1)

    References:
        Goodfellow et al., Generative Adversarial Networks, 2014.
        https://arxiv.org/abs/1406.2661
        Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional
        Generative Adversarial Networks, 2015. https://arxiv.org/abs/1511.06434
    """

    _shown, _unit = "discriminator_loss", "discriminator loss"
    _default_evaluation = staticmethod(every(0))

    def __init__(
        self,
        make_generator: MakeNetwork,
        make_discriminator: MakeNetwork,
        loss: Any,
        generator_minimizer: Minimizer,
        discriminator_minimizer: Minimizer,
        train_set: ImageSource,
        run_dir: str,
        schedule: Union[Ratio, Turns, None] = None,
        z_dim: int = 100,
        draw_latents: Optional[DrawLatents] = None,
        value_range: Range = (-1.0, 1.0),
        class_conditional: bool = False,
        batch_size: int = 64,
        fake_batch_size: Optional[int] = None,
        augment: Optional[Callable] = None,
        num_parallel: int = 1,
        num_samples: int = 100,
        init_batch_size: int = 0,
        evaluate: Optional[Evaluate] = None,
        best_metric: str = "fid",
        draw: Optional[Draw] = None,
        checkpoint_dir: str = "",
        sample_dir: str = "",
        logs_pictures: bool = True,
        restore_path: Optional[str] = None,
        keep: int = 3,
        config: Any = None,
        open_session: Optional[OpenSession] = None,
        seed: int = 0,
        show_progress: bool = True,
    ) -> None:
        """Builds the graph.

        Args:
            make_generator: From the seed of what is random inside it to the generator, a network
                from latents, and the context if there are classes, to images. Called once, in
                the graph.
            make_discriminator: The same for the discriminator, from images to logits.
            loss: Of both: a `GanLoss`, or anything else with its two methods. One that has the
                attribute `needs_labels` does not train on images whose labels are not known.
            generator_minimizer: Makes the update of the generator's weights.
            discriminator_minimizer: Makes the update of the discriminator's.
            train_set: Images to train on.
            run_dir: Folder of the run; made when training starts.
            schedule: Updates of a step; by default one of each.
            z_dim: Size of the latents.
            draw_latents: From a shape and a seed to latents; uniform from -1 to 1 by default.
            value_range: Of the generator's outputs: what pixel values 0 and 255 become.
            class_conditional: Whether both networks get the labels, one-hot, as their context.
            batch_size: Images in each update.
            fake_batch_size: Generated ones; by default as many. With classes there must be as many.
            augment: Of the training images; see `genflow.data.batches`.
            num_parallel: Batches prepared at the same time.
            num_samples: Images in a sample grid; 0 for no grid.
            init_batch_size: Images for data-dependent initialisation of the discriminator, such
                as that of weight norm; 0 for none.
            evaluate: From a `TrainedGan`, which generates images and judges them, to what is
                measured of it, as `genflow.metrics` does.
            best_metric: Of what is measured: the checkpoint with the lowest one is kept.
            draw: From a `TrainedGan`, the number of steps made and a folder to the paths of
                pictures by what they show, which it draws beside the sample grids.
            checkpoint_dir: Folder of the checkpoints, within that of the run.
            sample_dir: Folder of the sample grids, within that of the run.
            logs_pictures: Whether the event file has the pictures.
            restore_path: Checkpoint of another run to start from; see `Checkpoints`.
            keep: How many of the last checkpoints stay.
            config: Configuration, to be stored in the checkpoints; anything that is JSON.
            open_session: Opens the session on the default graph; by default
                `genflow.ascend.session`, which takes an NPU or a GPU if there is one.
            seed: Of everything random.
            show_progress: Whether there is a progress bar.

        Raises:
            TypeError: If `loss` is none.
            ValueError: If a size is out of range, `value_range` is none, or `class_conditional`
                or `loss` needs labels that are not known.
            CheckpointError: If the run cannot go on from its checkpoint.
        """
        check_loss(loss)
        check_gan_sizes(z_dim, num_samples, init_batch_size, fake_batch_size)
        check_value_range(value_range)
        num_labelled = train_set.num_labelled_rows(batch_size)
        if class_conditional:
            check_classes(batch_size, fake_batch_size, num_labelled)
        checkpoint_dir, sample_dir = (
            os.path.normpath(os.path.join(run_dir, folder))
            for folder in (checkpoint_dir, sample_dir)
        )
        checkpoints = Checkpoints(checkpoint_dir, restore_path, keep=keep)
        super().__init__(checkpoints, batch_size, open_session, show_progress)
        self.run_dir, self.seed = run_dir, seed
        self._train_set, self._init_batch_size = train_set, init_batch_size
        self._folders = (run_dir, checkpoint_dir, sample_dir)
        self._schedule, self._value_range = schedule or Ratio(), value_range
        self._minimizers = [generator_minimizer, discriminator_minimizer]
        first = self._schedule.draws_before(self.checkpoints.step)
        num_classes = train_set.num_classes if class_conditional else None
        with tf.Graph().as_default() as self._graph:
            needs_labels = class_conditional or getattr(loss, "needs_labels", False)
            dataset = gan_input(
                train_set, batch_size, seed, first, augment, num_parallel, needs_labels
            )
            self.tensors = GanGraph(
                make_generator,
                make_discriminator,
                loss,
                generator_minimizer,
                discriminator_minimizer,
                dataset,
                num_classes=num_classes,
                z_dim=z_dim,
                draw_latents=draw_latents or uniform_latents(),
                value_range=value_range,
                shares_latents=self._schedule.shares_latents,
                fake_batch_size=fake_batch_size,
                num_labelled=num_labelled,
                num_label_classes=train_set.num_classes,
                seed=seed,
            )
            self._hold(self.tensors.state, self.tensors.averages, config)
        self._journal = GanJournal(
            self.tensors,
            GanReporter(self.tensors, num_samples, num_classes or 1, batch_size),
            self.checkpoints,
            show_progress,
            run_dir,
            sample_dir,
            evaluate,
            best_metric,
            draw,
            logs_pictures,
        )

    @property
    def num_parameters(self) -> Dict[str, int]:
        """How many numbers are trained, by network."""
        return {name: count_parameters({name: m}) for name, m in self.tensors.modules.items()}

    @contextlib.contextmanager
    def trained(self, checkpoint: Optional[str] = None) -> Iterator[TrainedGan]:
        """The networks of a checkpoint; a call of them makes images of latents.

        Args:
            checkpoint: Its path, or the folder of a run; by default the last one of this run.

        Raises:
            CheckpointError: If there is none.
        """
        with self._session_of_trained(checkpoint) as (session, stop):
            yield self._journal.gan(session, stop)

    def evaluate(self) -> Dict[str, Any]:
        """Measures the last checkpoint, as `evaluate` does while training.

        Raises:
            CheckpointError: If the run has no checkpoint.
            ValueError: If the trainer was constructed without `evaluate`.
        """
        if not self._journal.evaluates:
            raise ValueError("The trainer has nothing to measure: construct it with `evaluate`.")
        with self._session_of_trained() as (session, stop):
            return self._journal.measure(session, stop)

    def freeze(self, path: str) -> None:
        """Writes the generator of the last checkpoint as a frozen graph.

        It maps `z`, and `labels` if there are classes, to `images` in the generator's own range,
        for any number of them; beside it `<path>.json` says so.

        Args:
            path: `.pb` file to write.

        Raises:
            CheckpointError: If the run has no checkpoint.
        """
        tensors = self.tensors
        inputs = {"z": tensors.z}
        if tensors.context is not None:
            inputs["labels"] = tensors.labels
        with self._session_of_trained() as (session, _):
            manifest = {"value_range": list(self._value_range), "step": self.checkpoints.step}
            os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
            save_frozen_graph(path, session, inputs, {"images": tensors.images}, manifest)

    def export(self, folder: str) -> str:
        """Writes the weights of the trained generator alone, by their paths, as a checkpoint.

        Args:
            folder: Where it goes; made if it does not exist.

        Returns:
            The path of the checkpoint.

        Raises:
            CheckpointError: If the run has no checkpoint.
        """
        os.makedirs(folder, exist_ok=True)
        with self._session_of_trained() as (session, _):
            named = dict(self.tensors.generator.named_variables())
            saver = tf.compat.v1.train.Saver(named, save_relative_paths=True)
            path = os.path.join(folder, "generator.ckpt")
            return saver.save(session, path, self.checkpoints.step, write_meta_graph=False)

    @contextlib.contextmanager
    def _session_of_trained(self, checkpoint: Optional[str] = None) -> Iterator[tuple]:
        self.checkpoints.move_to(checkpoint)
        with StopSignals() as stop, self._graph.as_default(), self._open(True) as session:
            with self._journal.chosen_weights(session):
                yield session, stop
        stop.check()

    def _updates(self) -> Callable[[int], Sequence[Update]]:
        return lambda step: self.tensors.updates(self._schedule.names(step))

    def _images_per_step(self) -> int:
        return self.batch_size * self._schedule.draws_before(1)

    def _initialize(self, session: Session) -> None:
        if self._init_batch_size:
            random = np.random.RandomState([self.seed % 2**32, 1])
            chosen = random.permutation(len(self._train_set))[: self._init_batch_size]
            self.tensors.initialize(session, *self._train_set.read(chosen))
        session.run(self._start_average)

    def _diagnose(self, step: int, session: Session) -> str:
        bad = find_bad_weight(self.tensors.modules, self.tensors.gradients, session)

        def find_layer(dtype: tf.DType) -> str:
            return self.tensors.saturated_layer(session, dtype)

        return self._place(bad, find_layer, session)
