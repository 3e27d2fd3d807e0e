r"""Improved-GAN: a classifier of MNIST from ten labels of each digit, and a generator of digits.

Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, Improved Techniques for Training GANs,
2016. https://arxiv.org/abs/1606.03498

Runs:
    # Digits that come with scikit-learn: nothing to download.
    python examples/improved_gan_mnist.py --dataset digits --steps 2000

    # MNIST with 100 labels in all, found in --data_dir or GENFLOW_DATA_DIR, or downloaded.
    python examples/improved_gan_mnist.py --labels_per_class 10 --download
    # The accuracy of that run on the 10,000 test images.
    python examples/improved_gan_mnist.py --labels_per_class 10 --evaluate

    # What it must be compared with: the same network, and nothing but the labels.
    python examples/improved_gan_mnist.py --labels_per_class 10 --supervised_only --steps 1000

    # The published line, with all labels, the networks and the losses of its code.
    python examples/improved_gan_mnist.py --dataset MNIST --max_training_steps 40000 --preset port

    # A folder that the original has prepared.
    python examples/improved_gan_mnist.py --dataset datasets/mnist

The folder of the run, in ./train_dir, then holds sample grids, the curves, the logs and the
checkpoints. The same command goes on with the run; Ctrl-C and SIGTERM lose nothing.
"""

import dataclasses
import json
import os
import sys
from typing import Any, Dict, Optional, Sequence

import numpy as np
import tensorflow.compat.v2 as tf

from genflow.data import ImageSource, RandomShift
from genflow.metrics import classification_accuracy
from genflow.optimizers import linear_decay
from genflow.training import (
    GanTrainer,
    Minimizer,
    TrainedGan,
    check_checkpoint_config,
    check_config,
    every,
    keep_config,
    latest_checkpoint,
    loss_scale_from_flags,
    parse_flags,
    run_command,
    save_tiles,
    session_from_flags,
)
from genflow.training.checkpoint_files import resolve_checkpoint
from genflow.whole_file import whole_file
from improved_gan_data import Splits, load_splits, training_batches
from improved_gan_flags import MAY_CHANGE, Config, Numbers, check, run_dir
from improved_gan_line import UpdateLine
from improved_gan_networks import Preset, preset

_NUM_JUDGED = 40  # Validation images in a picture,
_NUM_WRONG = 100  # ... and test images, at most.


def make_minimizer(config: Config, rate: float, numbers: Numbers) -> Minimizer:
    """Adam, for one of the networks."""

    def make_optimizer(step: tf.Tensor) -> tf.compat.v1.train.Optimizer:
        decayed = linear_decay(rate, step, config.steps, numbers.decay_from)
        return tf.compat.v1.train.AdamOptimizer(decayed, beta1=0.5, epsilon=numbers.epsilon)

    return Minimizer(
        make_optimizer,
        numbers.clip_norm or None,
        average_decay=numbers.average_decay or None,
        loss_scale=loss_scale_from_flags(config),
    )


def make_trainer(config: Config, splits: Splits, chosen: Preset) -> GanTrainer:
    """Everything that training needs, and what is done with a trained model."""
    numbers, batches = chosen.numbers, training_batches(config, chosen, splits.train)
    return GanTrainer(
        lambda noise_seed: chosen.make_generator(),
        lambda noise_seed: chosen.make_discriminator(splits.train.num_classes, noise_seed),
        chosen.make_loss(),
        make_minimizer(config, config.learning_rate_g or numbers.learning_rate, numbers),
        make_minimizer(config, config.learning_rate_d or numbers.learning_rate, numbers),
        batches.images,
        run_dir(config),
        chosen.schedule,
        numbers.n_z,
        numbers.draw_latents,
        value_range=numbers.value_range,
        batch_size=batches.size,
        fake_batch_size=batches.num_generated,
        augment=RandomShift(config.shift) if config.shift else None,
        num_parallel=2,
        num_samples=0 if config.supervised_only else config.num_samples,
        init_batch_size=min(numbers.init_batch_size, len(batches.images)),
        evaluate=lambda gan: measure(gan, splits.validation),
        best_metric="error",
        draw=lambda gan, step, folder: draw(gan, step, folder, config, splits.validation),
        restore_path=config.checkpoint or None,
        keep=max(2, config.checkpoints),
        config=dataclasses.asdict(config),
        open_session=session_from_flags(config),
        seed=config.seed,
    )


def measure(gan: TrainedGan, images: ImageSource) -> Dict[str, float]:
    """The share of images that are told rightly, and wrongly."""
    accuracy = classification_accuracy(gan.judge, images)
    return {"accuracy": accuracy, "error": 1.0 - accuracy}


def draw(
    gan: TrainedGan, step: int, folder: str, config: Config, images: ImageSource
) -> Dict[str, str]:
    """Draws validation images with their classes and what they are taken for."""
    if config.dump_result:
        dump(gan, os.path.join(folder, "samples_{:08d}.hdf5".format(step)), config)
    pixels, labels = images.read(np.arange(min(_NUM_JUDGED, len(images))))
    told = told_classes(gan.judge(pixels), images)
    path = os.path.join(folder, "judged_{:08d}.png".format(step))
    save_judged(path, pixels, labels, told, "validation images, step {}".format(step))
    return {"real images judged": path}


def told_classes(logits: np.ndarray, images: ImageSource) -> np.ndarray:
    """What images are taken for; the logit of "generated", if there is one, has no say."""
    return np.argmax(logits[:, : images.num_classes], axis=1)


def save_judged(
    path: str, images: np.ndarray, labels: np.ndarray, told: np.ndarray, title: str
) -> None:
    """Saves images under their class and, if that is another, what they are taken for."""
    titles = [
        str(label) if label == other else "{}, not {}".format(other, label)
        for label, other in zip(labels, told)
    ]
    save_tiles(path, images, titles, title, num_columns=10)


def dump(gan: TrainedGan, path: str, config: Config) -> None:
    """Writes generated images to a file as the original does, as `image`."""
    import h5py  # Comes with TensorFlow; needed here only.

    images = np.concatenate(list(gan.generate(config.max_sample, config.seed)))
    with whole_file(path, "wb") as file, h5py.File(file, "w") as archive:
        archive.create_dataset("image", data=images, compression="gzip")


def train(config: Config, splits: Splits, chosen: Preset) -> Dict[str, Any]:
    """Trains both networks; returns what they reached and where the pictures are."""
    folder, may_change = run_dir(config), list(MAY_CHANGE)
    if latest_checkpoint(folder) is not None:
        may_change.remove("checkpoint")  # The run has started from it, or has not.
    run = (folder, config, may_change)
    check_config(*run, restore_path=config.checkpoint or None)
    trainer = make_trainer(config, splits, chosen)
    print(start_line(config, splits, chosen, trainer))
    line = UpdateLine(
        config.log_step,
        trainer.batch_size,
        chosen.schedule.draws_before(1),
        trainer.state,
        trainer.write,
    )
    return trainer.train(
        config.steps,
        evaluate_at=every(config.test_sample_step),
        sample_at=every(config.output_save_step),
        log_every=config.steps_log,
        checkpoint_every=config.steps_checkpoint,
        max_seconds=60.0 * config.max_minutes or None,
        observers=[line],
        when_open=lambda: keep_config(*run),
    )


def start_line(config: Config, splits: Splits, chosen: Preset, trainer: GanTrainer) -> str:
    """What is trained, on what, and from where on; or that nothing is."""
    if trainer.checkpoints.step >= config.steps:
        return nothing_to_train(config, trainer)
    num_images, num_labels = len(splits.train), chosen.labels_per_class * splits.train.num_classes
    if config.supervised_only and num_labels:
        num_images, num_labels = num_labels, 0  # No other image is looked at.
    return (
        "Generator {generator:,}, discriminator {discriminator:,} parameters; {num_images:,} "
        "images of {images}, with {num_labels} labels; from update {step} on, up to {num_steps}, "
        "in {folder}"
    ).format(
        num_images=num_images,
        images=splits.train.name,
        num_labels=num_labels or "all",
        step=trainer.checkpoints.step,
        num_steps=config.steps,
        folder=run_dir(config),
        **trainer.num_parameters,
    )


def nothing_to_train(config: Config, trainer: GanTrainer) -> str:
    """That the run has made its steps.

    Raises:
        ValueError: If it is a new one, which starts from another that has made as many.
    """
    step = trainer.checkpoints.step
    made = "has made {} steps, and --steps is {}".format(step, config.steps)
    if not trainer.checkpoints.goes_on:
        raise ValueError(
            "The run of --checkpoint {} {}, which counts them: pass more --steps.".format(
                config.checkpoint, made
            )
        )
    return (
        "The run in {} {}: there is nothing to train. Pass more --steps, or another "
        "--train_dir.".format(run_dir(config), made)
    )


def evaluate(config: Config, splits: Splits, chosen: Preset) -> Dict[str, Any]:
    """Measures a checkpoint on test images, and draws those that it gets wrong."""
    images = chosen_images(config, splits.test)
    checkpoint = checkpoint_to_measure(config)
    check_checkpoint_config(checkpoint, config, MAY_CHANGE)
    folder = os.path.dirname(checkpoint) or os.curdir
    config = dataclasses.replace(config, train_dir=folder, checkpoint="")
    trainer = make_trainer(config, splits, chosen)
    logits = []

    def kept(pixels: np.ndarray) -> np.ndarray:
        logits.append(gan.judge(pixels))
        return logits[-1]

    with trainer.trained(checkpoint) as gan:
        accuracy = classification_accuracy(kept, images)
    result = {"accuracy": accuracy, "num_images": len(images), "step": trainer.checkpoints.step}
    if not config.data_id:
        with whole_file(os.path.join(config.train_dir, "test_accuracy.json")) as file:
            json.dump(dict(result, checkpoint=os.path.basename(checkpoint)), file, indent=2)
    told = told_classes(np.concatenate(logits), images)
    return dict(result, pictures=draw_wrong(config, images, told, result["step"]))


def checkpoint_to_measure(config: Config) -> str:
    """That of --checkpoint, or the last one of the run.

    Raises:
        ValueError: If there is none.
    """
    if config.checkpoint:
        return resolve_checkpoint(config.checkpoint)
    latest = latest_checkpoint(run_dir(config))
    if latest is None:
        raise ValueError(
            "There is no checkpoint in {}: train with the same flags first, or pass "
            "--checkpoint.".format(run_dir(config))
        )
    return latest


def draw_wrong(config: Config, images: ImageSource, told: np.ndarray, step: int) -> Dict[str, str]:
    """Draws images that are taken for another class, if there are any."""
    wrong = np.flatnonzero(told != images.read_labels(np.arange(len(images))))[:_NUM_WRONG]
    if not len(wrong):
        return {}
    which = "_of_{}".format(len(images)) if config.data_id else ""
    path = os.path.join(config.train_dir, "wrong_{:08d}{}.png".format(step, which))
    pixels, labels = images.read(wrong)
    title = "test images that are taken for another class"
    save_judged(path, pixels, labels, told[wrong], title)
    return {"wrong images": path}


def chosen_images(config: Config, images: ImageSource) -> ImageSource:
    """Those of --data_id, or all."""
    if not config.data_id:
        return images
    try:
        return images.select([int(word) for word in config.data_id.replace(",", " ").split()])
    except ValueError:
        raise ValueError(
            "--data_id must be numbers from 0 to {}, as 3 14 15; got {}.".format(
                len(images) - 1, config.data_id
            )
        ) from None


def run(config: Config) -> None:
    """Does what the flags say, and says what was made."""
    check(config)
    splits = load_splits(config)
    chosen = preset(config, splits.train.image_shape)
    if config.evaluate:
        result = evaluate(config, splits, chosen)
        print(
            "Accuracy {accuracy:.4f} on {num_images:,} test images, after {step} steps".format(
                **result
            )
        )
    else:
        result = train(config, splits, chosen)
        print(
            "Accuracy {test_accuracy:.4f} on {:,} validation images, after {num_steps} "
            "steps".format(len(splits.validation), **result)
        )
    if result["pictures"]:
        print("Look at:")
    for name, path in result["pictures"].items():
        print("  {:<22}{}".format(name, path))


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags and does what they say."""
    config = parse_flags(Config, argv, description=__doc__)
    if config.debug:
        run(config)
        return
    run_command(lambda: run(config), how_to_go_on="the same flags")


if __name__ == "__main__":
    main(sys.argv[1:])
