"""The graph in which a flow is trained on images."""

import math
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import numpy as np
import tensorflow.compat.v2 as tf
import tree

from genflow.core import Module, Network, fold_in, make_seed
from genflow.core.precision import keep_dtype
from genflow.core.random import host_seed
from genflow.core.types import Nest, Seed, Tensor
from genflow.distributions import Flow
from genflow.training.checkpoints import Session
from genflow.training.minimizer import Minimizer
from genflow.training.named_state import named_state
from genflow.training.pixel_bits import expand_bits, reduce_bits
from genflow.training.saturation import find_saturated_layer

MakeFlow = Callable[[Seed], Flow]
MakeClassifier = Callable[[Flow], Network]
# Images as the flow takes them, the context or nothing, and labels.
Inputs = Tuple[Tensor, Optional[Tensor], Tensor]


class FlowGraph:
    """Tensors and operations for training, evaluation, samples and reconstructions.

    Images and labels come from the input pipeline unless they are fed, and so does the
    seed of the dequantisation noise, which is a function of the seed and the global
    step unless it is fed. The update takes them from `batch`, whose size is known: where a
    shape is not, Ascend compiles anew, and refuses the condition on which an update is made.
    """

    def __init__(
        self,
        make_flow: MakeFlow,
        minimizer: Minimizer,
        dataset: tf.data.Dataset,
        image_shape: Sequence[int],
        num_bits: int,
        num_classes: Optional[int],
        num_samples: int,
        seed: int,
        make_classifier: Optional[MakeClassifier] = None,
        classifier_weight: float = 1.0,
    ) -> None:
        """Builds everything in the default graph.

        Args:
            make_flow: From the seed of the noise to the flow.
            minimizer: Makes the update.
            dataset: Batches of (images, labels).
            image_shape: Shape of one image.
            num_bits: Bits of every pixel value.
            num_classes: Size of the one-hot context, or `None` for no context.
            num_samples: Images in each run of `draw`.
            seed: Of everything random.
            make_classifier: From the flow to a network that maps its latents, with the
                context, to logits of the classes; or `None`.
            classifier_weight: Of the classifier's loss.
        """
        self._num_bits, self._num_classes, self._seed = num_bits, num_classes, seed
        tf.compat.v1.set_random_seed(seed)
        self._build_inputs(dataset, image_shape)
        self.flow = make_flow(lambda: self.noise_seed)
        self._inputs = self._flow_inputs(self.images, self.labels)
        self.x, self.context, _ = self._inputs
        self.modules = {"flow": self.flow}
        self._classifier_weight = classifier_weight
        if make_classifier is not None:
            self.modules["classifier"] = make_classifier(self.flow)
        measured = self._measured(self._inputs, training=False)
        self.latents, self.predictions, self.per_image = measured
        _, self.initial_updates = self.flow.initialize(self.x, self.context)
        self._build_update(minimizer)
        decoded = self.flow.decode(self.latents, self.context)
        self.reconstructions = expand_bits(decoded, num_bits)
        self._build_samples(num_samples)

    def feed(self, images: np.ndarray, labels: np.ndarray, purpose: str, index: int = 0) -> dict:
        """Feeds images, with noise that depends on the purpose and index only."""
        noise_seed = host_seed(self._seed, purpose, index)
        return {self.images: images, self.labels: labels, self.noise_seed: noise_seed}

    def decode(self, session: Session, latents: Nest, labels: np.ndarray) -> np.ndarray:
        """Turns latents into uint8 images."""
        feed = dict(zip(tree.flatten(self.latents), tree.flatten(latents)))
        feed[self.labels] = labels
        return session.run(self.reconstructions, feed)

    def draw_latents(self, session: Session, temperature: float) -> Nest:
        """Latents of samples, from the same random numbers at every temperature."""
        return session.run(self._sampled_latents, {self._temperature: temperature})

    def saturated_layer(self, session: Session, feed: dict, dtype: tf.DType = tf.float16) -> str:
        """Names the first layer whose values saturate; see `find_saturated_layer`.

        Args:
            session: With the weights in question.
            feed: See `feed`.
            dtype: What networks compute in.
        """
        return find_saturated_layer(
            self.modules,
            lambda: self._measured(self._inputs, self.training),
            session,
            feed,
            dtype,
        )

    def _build_inputs(self, dataset: tf.data.Dataset, image_shape: Sequence[int]) -> None:
        self.global_step = tf.compat.v1.train.get_or_create_global_step()
        self.iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
        self.batch = images, labels = self.iterator.get_next()
        with_default = tf.compat.v1.placeholder_with_default
        self.images = with_default(images, (None,) + tuple(image_shape))
        self.labels = with_default(labels, [None])
        noise = fold_in(fold_in(make_seed(self._seed), "train"), self.global_step)
        self.noise_seed = with_default(noise, [2])

    def _measured(
        self, inputs: Inputs, training: bool
    ) -> Tuple[Nest, Optional[Tensor], Dict[str, Tensor]]:
        """Latents, predicted classes if there is a classifier, and each metric by image."""
        with keep_dtype():
            return self._per_image(inputs, training)

    def _per_image(
        self, inputs: Inputs, training: bool
    ) -> Tuple[Nest, Optional[Tensor], Dict[str, Tensor]]:
        x, context, labels = inputs
        bits, latents = self.flow.bits_per_dim_and_latent(x, context, training)
        if "classifier" not in self.modules:
            return latents, None, {"bits_per_dim": bits, "loss": bits}
        logits = self.modules["classifier"](latents, context, training)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        predictions = tf.argmax(logits, axis=1, output_type=tf.int32)
        class_bits = losses / math.log(2.0)
        per_image = {
            "bits_per_dim": bits,
            "class_bits": class_bits,
            "class_error": tf.cast(tf.not_equal(predictions, labels), tf.float32),
            "loss": bits + self._classifier_weight * class_bits,
        }
        return latents, predictions, per_image

    def _build_update(self, minimizer: Minimizer) -> None:
        self.training = any(_differs_in_training(module) for module in self.modules.values())
        per_image = self._measured(self._flow_inputs(*self.batch), self.training)[2]
        with keep_dtype():
            means = {name: tf.reduce_mean(values) for name, values in per_image.items()}
        loss = means["loss"]
        self.update = minimizer.update(loss, self.modules, self.global_step, means)
        self.average = minimizer.average
        optimizers = {"optimizer": minimizer.optimizer}
        self.state = named_state(self.modules, optimizers, minimizer.states)

    def _build_samples(self, num_samples: int) -> None:
        self._temperature = tf.compat.v1.placeholder(tf.float32, [])
        self.sample_labels = np.arange(num_samples, dtype=np.int32) % (self._num_classes or 1)
        shape = self.flow.bijection.output_shape(
            tf.TensorShape((num_samples,) + self.flow.event_shape)
        )
        seed = host_seed(self._seed, "samples")
        dtype = tree.flatten(self.latents)[0].dtype
        self._sampled_latents = self.flow.base.sample(shape, self._temperature, seed, dtype)

    def _flow_inputs(self, images: Tensor, labels: Tensor) -> Inputs:
        context = None if self._num_classes is None else tf.one_hot(labels, self._num_classes)
        return reduce_bits(images, self._num_bits), context, labels


def _differs_in_training(module: Module) -> bool:
    parts = (module,) + tuple(module.submodules)
    return any(getattr(part, "differs_in_training", False) for part in parts)


def mean_over(results: Sequence[Dict[str, Any]]) -> Dict[str, float]:
    """The mean of each metric over all images, from its values in batches."""
    return {
        name: float(np.mean(np.concatenate([batch[name] for batch in results]), dtype=np.float64))
        for name in results[0]
    }
