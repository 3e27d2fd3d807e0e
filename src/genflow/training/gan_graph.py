"""The graph in which a GAN is trained on images."""

from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import Network, fold_in, make_seed
from genflow.core.precision import keep_dtype
from genflow.core.random import host_seed
from genflow.core.running_statistics import held_statistics
from genflow.core.types import Seed, Tensor
from genflow.gan.latents import DrawLatents
from genflow.training.checkpoints import Session
from genflow.training.gan_round import GanRound
from genflow.training.minimizer import Minimizer, Update
from genflow.training.named_state import named_state
from genflow.training.pixel_range import Range, from_range, to_range
from genflow.training.saturation import find_saturated_layer
from genflow.training.update_schedules import DISCRIMINATOR, DRAW, GENERATOR
from genflow.training.weight_averages import WeightAverages

# From the seed of what is random inside a network, a function that gives another one at each
# call, to the network.
MakeNetwork = Callable[[Seed], Network]

_INITIALIZATION = "initialization"


class GanGraph:
    """Tensors and operations for training and for generating images.

    The updates read one batch, which stays where it is until the next is drawn: so
    discriminator and generator can train on the same images and latents, in runs of their own.
    Everything random is a function of the seed and of how many batches were drawn.
    """

    def __init__(
        self,
        make_generator: MakeNetwork,
        make_discriminator: MakeNetwork,
        loss: Any,
        generator_minimizer: Minimizer,
        discriminator_minimizer: Minimizer,
        dataset: tf.data.Dataset,
        num_classes: Optional[int],
        z_dim: int,
        draw_latents: DrawLatents,
        value_range: Range,
        shares_latents: bool,
        fake_batch_size: Optional[int],
        num_labelled: int,
        num_label_classes: int,
        seed: int,
    ) -> None:
        """Builds everything in the default graph.

        Args:
            make_generator: From the seed of its noise to the generator.
            make_discriminator: The same for the discriminator.
            loss: Of both: has `discriminator_loss` and `generator_loss`.
            generator_minimizer: Makes the generator's update.
            discriminator_minimizer: Makes the discriminator's update.
            dataset: Pairs of a batch, `(images, labels)`, and its number.
            num_classes: Size of the one-hot context, or `None` for no context.
            z_dim: Size of the latents.
            draw_latents: Draws them.
            value_range: Of the generator's outputs.
            shares_latents: Whether the generator trains on the discriminator's latents.
            fake_batch_size: Generated images in an update; `None` for as many as real ones.
            num_labelled: How many of the real images in a batch, the first ones, have labels.
            num_label_classes: Of the images, context or not.
            seed: Of everything random.
        """
        tf.compat.v1.set_random_seed(seed)
        self.num_classes, self._z_dim, self._seed = num_classes, z_dim, seed
        self._loss, self._draw_latents, self._value_range = loss, draw_latents, value_range
        self.global_step = tf.compat.v1.train.get_or_create_global_step()
        self._num_labelled, self._num_label_classes = num_labelled, num_label_classes
        self._build_batch(dataset)
        self._fake_batch_size = fake_batch_size or self._real.shape.as_list()[0]
        self._purpose, self._num_draws = "", 0
        self.generator = make_generator(self._noise_seed)
        self.discriminator = make_discriminator(self._noise_seed)
        self.modules = {"generator": self.generator, "discriminator": self.discriminator}
        self._updates = {
            DRAW: self._draw,
            DISCRIMINATOR: self._discriminator_update(discriminator_minimizer),
            GENERATOR: self._generator_update(generator_minimizer, shares_latents),
        }
        self._advance = Update(self.global_step.assign_add(1), {})
        optimizers = {
            "generator_optimizer": generator_minimizer.optimizer,
            "discriminator_optimizer": discriminator_minimizer.optimizer,
        }
        states = dict(generator_minimizer.states)
        for name, state in discriminator_minimizer.states.items():
            states["discriminator_" + name] = state
        averages = [
            minimizer.average for minimizer in (generator_minimizer, discriminator_minimizer)
        ]
        self.averages = WeightAverages([average for average in averages if average is not None])
        self.state = named_state(self.modules, optimizers, states)
        self._build_samples()
        self._build_judgement()

    def updates(self, names: Sequence[str]) -> Sequence[Update]:
        """The updates of a step, from their names."""
        return [self._updates[name] for name in names] + [self._advance]

    @property
    def gradients(self) -> Dict[str, Tensor]:
        """The gradient of each weight, by its path, for the batch that was drawn last."""
        both = dict(self._updates[DISCRIMINATOR].gradients)
        return dict(both, **self._updates[GENERATOR].gradients)

    def saturated_layer(self, session: Session, dtype: tf.DType = tf.float16) -> str:
        """Names the first layer whose values saturate, for the batch that was drawn last.

        It looks at real images and at images of the generator; see `find_saturated_layer`.

        Args:
            session: With the weights in question.
            dtype: What networks compute in.
        """

        def compute() -> None:
            with held_statistics(self.discriminator), held_statistics(self.generator):
                for images in (self._real, self._fake(GENERATOR, DISCRIMINATOR)):
                    self._start_pass("saturation")
                    self.discriminator(images, self._context, training=True)

        return find_saturated_layer(self.modules, compute, session, dtype=dtype)

    def latents(self, session: Session, count: int, purpose: str, index: int = 0) -> np.ndarray:
        """Latents that depend on the purpose and the index only."""
        seed = host_seed(self._seed, purpose, index)
        return session.run(self._latents, {self._count: count, self._latent_seed: seed})

    def generate(self, session: Session, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Generates uint8 images; without classes the labels are not looked at."""
        return session.run(self.samples, {self.z: z, self.labels: labels})

    def judge(self, session: Session, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """What the discriminator returns for uint8 images; labels as for `generate`."""
        return session.run(self._judgement, {self._judged: images, self.labels: labels})

    def initialize(self, session: Session, images: np.ndarray, labels: np.ndarray) -> None:
        """Sets what the discriminator sets from data; a run that goes on has no need of it."""
        self._start_pass(_INITIALIZATION)
        scaled = to_range(self._judged, self._value_range)
        _, updates = self.discriminator.initialize(scaled, self.context)
        session.run(updates, {self._judged: images, self.labels: labels})

    def _build_batch(self, dataset: tf.data.Dataset) -> None:
        self.iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        (images, labels), number = self.iterator.get_next()
        kept = [_kept(value) for value in (images, labels, number)]
        assigns = [
            variable.assign(value, read_value=False)
            for variable, value in zip(kept, (images, labels, number))
        ]
        self._draw = Update(tf.group(*assigns), {})
        images, self._labels, number = (tf.convert_to_tensor(variable) for variable in kept)
        self._real = to_range(images, self._value_range)
        self._context = self._one_hot(self._labels)
        self._batch_seed = fold_in(make_seed(self._seed), number)

    def _noise_seed(self) -> Tensor:
        """Of what is random inside the networks: another one for every layer and pass."""
        self._num_draws += 1
        purpose = "noise/{}/{}".format(self._purpose, self._num_draws)
        # Before training there is no batch.
        seed = make_seed(self._seed) if self._purpose == _INITIALIZATION else self._batch_seed
        return fold_in(seed, purpose)

    def _start_pass(self, purpose: str) -> None:
        self._purpose, self._num_draws = purpose, 0

    def _fake(self, update: str, latents: str) -> Tensor:
        self._start_pass("images of the " + update)
        seed = fold_in(self._batch_seed, "latents/" + latents)
        z = self._draw_latents([self._fake_batch_size, self._z_dim], seed)
        return self.generator(z, self._context, training=True)

    def _round(self, name: str, make_fake: Callable[[], Tensor]) -> GanRound:
        return GanRound(
            name,
            self.discriminator,
            self._real,
            self._labels,
            self._context,
            self.global_step,
            self._num_labelled,
            self._num_label_classes,
            make_fake,
            self._start_pass,
            self._batch_seed,
        )

    def _discriminator_update(self, minimizer: Minimizer) -> Update:
        game = self._round(
            DISCRIMINATOR, lambda: tf.stop_gradient(self._fake(DISCRIMINATOR, DISCRIMINATOR))
        )
        with keep_dtype():
            loss, metrics = _checked(self._loss.discriminator_loss(game), "discriminator_loss")
        trained = {"discriminator": self.discriminator}
        return minimizer.update(
            loss, trained, self.global_step, metrics, advance=False, name=DISCRIMINATOR
        )

    def _generator_update(self, minimizer: Minimizer, shares_latents: bool) -> Update:
        latents = DISCRIMINATOR if shares_latents else GENERATOR
        game = self._round(GENERATOR, lambda: self._fake(GENERATOR, latents))
        with keep_dtype():
            loss, metrics = _checked(self._loss.generator_loss(game), "generator_loss")
        trained = {"generator": self.generator}
        return minimizer.update(
            loss, trained, self.global_step, metrics, advance=False, name=GENERATOR
        )

    def _build_samples(self) -> None:
        v1 = tf.compat.v1
        self.z = v1.placeholder(tf.float32, [None, self._z_dim], "z")
        self.labels = v1.placeholder(tf.int32, [None], "labels")
        self.context = self._one_hot(self.labels)
        self.images = self.generator(self.z, self.context)
        self.samples = from_range(self.images, self._value_range)
        self._count = v1.placeholder(tf.int32, [])
        self._latent_seed = v1.placeholder(tf.int32, [2])
        self._latents = self._draw_latents([self._count, self._z_dim], self._latent_seed)

    def _build_judgement(self) -> None:
        shape = [None] + self._real.shape.as_list()[1:]
        self._judged = tf.compat.v1.placeholder(tf.uint8, shape, "judged")
        images = to_range(self._judged, self._value_range)
        self._judgement = self.discriminator(images, self.context)

    def _one_hot(self, labels: Tensor) -> Optional[Tensor]:
        return None if self.num_classes is None else tf.one_hot(labels, self.num_classes)


def _kept(value: Tensor) -> tf.Variable:
    """A variable for values of this shape that no checkpoint holds."""
    return tf.compat.v1.Variable(
        lambda: tf.zeros(value.shape, value.dtype),
        trainable=False,
        collections=[tf.compat.v1.GraphKeys.LOCAL_VARIABLES],
        use_resource=True,
        name="batch",
    )


def _checked(result: Any, method: str) -> Tuple[Tensor, Dict[str, Tensor]]:
    """Refuses what is not a loss with what else to log."""
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
        raise TypeError(
            "`{}` of the loss must return a scalar, and a dictionary of what else to log, which "
            "may be empty; got {!r}.".format(method, result)
        )
    if result[0].shape.rank != 0:
        raise ValueError(
            "`{}` of the loss must return a scalar; got shape {}: take the mean over the "
            "batch.".format(method, result[0].shape)
        )
    return result
