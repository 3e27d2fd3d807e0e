"""The graph in which a flow is trained on images."""

from typing import Callable, Optional, Sequence

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.core import fold_in, make_seed
from genflow.core.random import host_seed
from genflow.core.types import Seed, Tensor
from genflow.distributions import Flow
from genflow.training.loop import Session, Update
from genflow.training.pixel_bits import expand_bits, reduce_bits
from genflow.training.savers import make_saver

MakeFlow = Callable[[Seed], Flow]
MakeOptimizer = Callable[[Tensor], tf.compat.v1.train.Optimizer]


class FlowGraph:
    """Tensors and operations for training, evaluation, samples and reconstructions.

    Images and labels come from the input pipeline unless they are fed, and so does the
    seed of the dequantisation noise, which is a function of the seed and the global
    step unless it is fed.
    """

    def __init__(
        self,
        make_flow: MakeFlow,
        make_optimizer: MakeOptimizer,
        dataset: tf.data.Dataset,
        image_shape: Sequence[int],
        num_bits: int,
        num_classes: Optional[int],
        num_samples: int,
        seed: int,
    ) -> None:
        """Builds everything in the default graph.

        Args:
            make_flow: From the seed of the noise to the flow.
            make_optimizer: From the global step to the optimizer.
            dataset: Batches of (images, labels).
            image_shape: Shape of one image.
            num_bits: Bits of every pixel value.
            num_classes: Size of the one-hot context, or `None` for no context.
            num_samples: Images in each run of `samples`.
            seed: Of everything random.
        """
        self._num_bits, self._num_classes, self._seed = num_bits, num_classes, seed
        tf.compat.v1.set_random_seed(seed)
        self._build_inputs(dataset, image_shape)
        self.flow = make_flow(lambda: self.noise_seed)
        x, context = reduce_bits(self.images, num_bits), self._context(self.labels)
        self.bits_per_dim = self.flow.bits_per_dim(x, context)
        _, self.initial_updates = self.flow.initialize(x, context)
        self.update = self._training_update(make_optimizer)
        decoded = self.flow.decode(self.flow.encode(x, context), context)
        self.reconstructions = expand_bits(decoded, num_bits)
        self._build_samples(num_samples)

    def feed(self, images: np.ndarray, labels: np.ndarray, purpose: str, index: int = 0) -> dict:
        """Feeds images, with noise that depends on the purpose and index only."""
        noise_seed = host_seed(self._seed, purpose, index)
        return {self.images: images, self.labels: labels, self.noise_seed: noise_seed}

    def draw(self, session: Session, temperature: float) -> np.ndarray:
        """Samples as uint8 images, from the same random numbers at every temperature."""
        return session.run(self.samples, {self.temperature: temperature})

    def _build_inputs(self, dataset: tf.data.Dataset, image_shape: Sequence[int]) -> None:
        self.global_step = tf.compat.v1.train.get_or_create_global_step()
        self.iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        images, labels = self.iterator.get_next()
        with_default = tf.compat.v1.placeholder_with_default
        self.images = with_default(images, (None,) + tuple(image_shape))
        self.labels = with_default(labels, [None])
        noise = fold_in(fold_in(make_seed(self._seed), "train"), self.global_step)
        self.noise_seed = with_default(noise, [2])

    def _training_update(self, make_optimizer: MakeOptimizer) -> Update:
        loss = tf.reduce_mean(self.bits_per_dim)
        optimizer = make_optimizer(self.global_step)
        gradients = optimizer.compute_gradients(loss, var_list=self.flow.trainable_variables)
        train_op = optimizer.apply_gradients(gradients, global_step=self.global_step)
        self.saver = make_saver({"flow": self.flow}, {"optimizer": optimizer})
        return Update(op=train_op, metrics={"bits_per_dim": loss})

    def _build_samples(self, num_samples: int) -> None:
        self.temperature = tf.compat.v1.placeholder(tf.float32, [])
        labels = tf.range(num_samples) % (self._num_classes or 1)
        seed = host_seed(self._seed, "samples")
        samples = self.flow.sample(num_samples, self.temperature, self._context(labels), seed)
        self.samples = expand_bits(samples, self._num_bits)

    def _context(self, labels: Tensor) -> Optional[Tensor]:
        return None if self._num_classes is None else tf.one_hot(labels, self._num_classes)
