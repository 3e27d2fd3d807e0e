"""Training of a flow on images."""

import os
import time
from typing import Any, Dict, Optional

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.data import ImageSet, batches, epoch_batches
from genflow.training.flow_graph import FlowGraph, MakeFlow, MakeOptimizer
from genflow.training.images import save_labelled_rows
from genflow.training.learning_curve import save_learning_curve
from genflow.training.loop import Metrics, Session, checkpointed_step, run_loop
from genflow.training.meter import Meter
from genflow.training.run_log import RunLog

NUM_COLUMNS = 10
# Those of Glow's reference implementation.
TEMPERATURES = (0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class FlowTrainer:
    """Trains a flow on images by maximum likelihood, and reports what it does.

    The loss is the mean of `flow.bits_per_dim` over the batch. The folder of the run
    then holds checkpoints, `log.jsonl`, `learning_curve.png`, and for each report
    `samples_<step>.png` and `reconstructions_<step>.png`. A run whose folder has a
    checkpoint goes on from it. Dequantisation noise and the order of the data are
    functions of the seed and the step.

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
        ...     make_flow, lambda step: Adamax(0.01), load_digits("train"), load_digits("test"),
        ...     run_dir=tempfile.mkdtemp(), batch_size=16, show_progress=False)
        >>> sorted(trainer.train(num_steps=2))
        ['num_steps', 'pictures', 'test_bits_per_dim', 'train_bits_per_dim']

    References:
        Kingma and Dhariwal, Glow, 2018, section 2. https://arxiv.org/abs/1807.03039
    """

    def __init__(
        self,
        make_flow: MakeFlow,
        make_optimizer: MakeOptimizer,
        train_set: ImageSet,
        test_set: ImageSet,
        run_dir: str,
        batch_size: int = 50,
        init_batch_size: int = 256,
        num_bits: int = 8,
        class_conditional: bool = False,
        seed: int = 0,
        show_progress: bool = True,
    ) -> None:
        """Builds the graph.

        Args:
            make_flow: From the seed of the dequantisation noise to the flow, which must
                start with `Dequantize(num_bits, seed=...)`. Called once, in the graph.
            make_optimizer: From the global step to the optimizer; likewise.
            train_set: Images to train on.
            test_set: Held-out images.
            run_dir: Folder of the run; made if it does not exist.
            batch_size: Examples in each update, and in each batch of the evaluation.
            init_batch_size: Examples for data-dependent initialisation.
            num_bits: Bits of every pixel value, from 1 to 8.
            class_conditional: Whether the flow gets the labels, one-hot, as its context.
            seed: Of everything random.
            show_progress: Whether there is a progress bar.

        Raises:
            ValueError: If `train_set` and `test_set` have images of different shapes, or
                `init_batch_size` is less than 2.
        """
        image_shape = train_set.images.shape[1:]
        if image_shape != test_set.images.shape[1:]:
            raise ValueError(
                "`train_set` and `test_set` must have images of one shape; got {} and {}.".format(
                    image_shape, test_set.images.shape[1:]
                )
            )
        if init_batch_size < 2:
            raise ValueError(
                "`init_batch_size` must be at least 2, for actnorm takes the standard deviation "
                "of every channel from that batch; got {}.".format(init_batch_size)
            )
        os.makedirs(run_dir, exist_ok=True)
        self.train_set, self.test_set, self.run_dir = train_set, test_set, run_dir
        self.batch_size, self.init_batch_size = batch_size, init_batch_size
        self.seed, self.show_progress = seed, show_progress
        self.log = RunLog(os.path.join(run_dir, "log.jsonl"))
        self.log.check()
        self._first_step, self._has_trained = checkpointed_step(run_dir), False
        with tf.Graph().as_default() as self._graph:
            self.tensors = FlowGraph(
                make_flow,
                make_optimizer,
                batches(train_set, batch_size, seed, start=self._first_step),
                image_shape,
                num_bits,
                train_set.num_classes if class_conditional else None,
                NUM_COLUMNS,
                seed,
            )

    @property
    def num_parameters(self) -> int:
        """How many numbers are trained."""
        variables = self.tensors.flow.trainable_variables
        return sum(variable.shape.num_elements() for variable in variables)

    def train(
        self,
        num_steps: int,
        report_every: int = 1000,
        log_every: int = 50,
        checkpoint_every: int = 1000,
        max_seconds: Optional[float] = None,
    ) -> Dict[str, Any]:
        """Trains, and reports every `report_every` steps and at the end.

        A report is the mean bits/dim of all held-out images, and the pictures.

        Args:
            num_steps: Where to stop, counted from the start of the run.
            report_every: Steps between reports.
            log_every: Steps over which the logged training loss is averaged.
            checkpoint_every: Steps between checkpoints.
            max_seconds: Stop training after this time.

        Returns:
            `num_steps` made, `train_bits_per_dim` as last logged, `test_bits_per_dim`, and
            `pictures`, the paths of the last ones by what they show.

        Raises:
            FloatingPointError: If the loss is not finite. The last checkpoint stays.
            RuntimeError: If called twice.
        """
        if self._has_trained:
            raise RuntimeError("A trainer trains once: a new one goes on from the checkpoint.")
        self._has_trained = True
        meter = Meter(
            self.log,
            "bits_per_dim",
            "bits/dim",
            self.batch_size,
            log_every,
            self._first_step,
            num_steps,
            self.show_progress,
        )
        summary = {"train_bits_per_dim": None}

        def after_step(step: int, metrics: Metrics, session: Session) -> None:
            self._check_finite(step, metrics["bits_per_dim"])
            meter(step, metrics["bits_per_dim"])
            if step % report_every == 0 and step < num_steps:
                self._report(step, session, meter)

        def finish(step: int, session: Session) -> None:
            summary.update(self._report(step, session, meter))
            summary.update(num_steps=step, train_bits_per_dim=meter.last_mean)

        with self._graph.as_default(), meter:
            run_loop(
                [self.tensors.update],
                num_steps,
                self.run_dir,
                self.tensors.saver,
                callbacks=[after_step],
                initialize=self._initialize,
                local_init_op=self.tensors.iterator.initializer,
                checkpoint_every=checkpoint_every,
                max_seconds=max_seconds,
                finish=finish,
            )
        return summary

    def evaluate(self, session: Session) -> float:
        """Mean bits/dim of all held-out images, with the same noise at every call."""
        total = 0.0
        for index, (images, labels) in enumerate(epoch_batches(self.test_set, self.batch_size)):
            feed = self.tensors.feed(images, labels, "evaluate", index)
            total += float(np.sum(session.run(self.tensors.bits_per_dim, feed)))
        return total / len(self.test_set)

    def _initialize(self, session: Session) -> None:
        order = np.random.RandomState([self.seed % 2**32, 1]).permutation(len(self.train_set))
        chosen = order[: self.init_batch_size]
        images, labels = self.train_set.images[chosen], self.train_set.labels[chosen]
        feed = self.tensors.feed(images, labels, "initialize")
        session.run(self.tensors.initial_updates, feed)

    def _check_finite(self, step: int, loss: float) -> None:
        if not np.isfinite(loss):
            raise FloatingPointError(
                "The loss of step {} is {}. The last checkpoint in {} is intact: go on from it "
                "with a lower learning rate.".format(step, loss, self.run_dir)
            )

    def _report(self, step: int, session: Session, meter: Meter) -> Dict[str, Any]:
        start = time.time()
        bits = self.evaluate(session)
        self.log.write({"step": step, "test_bits_per_dim": bits})
        meter.write("step {}: held-out {:.4f} bits/dim".format(step, bits))
        pictures = self._draw(step, session)
        meter.leave_out(time.time() - start)
        return {"test_bits_per_dim": bits, "pictures": pictures}

    def _draw(self, step: int, session: Session) -> Dict[str, str]:
        samples = os.path.join(self.run_dir, "samples_{:06d}.png".format(step))
        rows = [self.tensors.draw(session, temperature) for temperature in TEMPERATURES]
        labels = ["T = {:g}".format(temperature) for temperature in TEMPERATURES]
        save_labelled_rows(samples, rows, labels, "samples, step {}".format(step))
        reconstructions = os.path.join(self.run_dir, "reconstructions_{:06d}.png".format(step))
        images = self.test_set.images[:NUM_COLUMNS]
        feed = self.tensors.feed(images, self.test_set.labels[:NUM_COLUMNS], "reconstruct")
        rows = [images, session.run(self.tensors.reconstructions, feed)]
        save_labelled_rows(reconstructions, rows, ["held out", "decoded"], "reconstructions")
        curve = os.path.join(self.run_dir, "learning_curve.png")
        save_learning_curve(self.log.path, curve)
        return {
            "sample grid": samples,
            "reconstructions": reconstructions,
            "learning curve": curve,
        }
