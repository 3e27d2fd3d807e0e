r"""DCGAN on MNIST, class by class, or on any folder of images.

Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks, 2015. https://arxiv.org/abs/1511.06434

Runs:
    # Digits that come with scikit-learn: nothing to download.
    python examples/dcgan_mnist.py --dataset digits --train --epoch 100 --max_minutes 3

    # MNIST, found in --data_dir or GENFLOW_DATA_DIR, or downloaded: ten minutes on 2 cores.
    python examples/dcgan_mnist.py --train --download --max_minutes 10

    # The published lines.
    python examples/dcgan_mnist.py --dataset mnist --input_height=28 --output_height=28 --train
    python examples/dcgan_mnist.py --dataset celebA --input_height=108 --train --crop

    # A folder of your own: data/flowers/*.png, made 64x64.
    python examples/dcgan_mnist.py --data_dir data --dataset flowers \\
        --input_fname_pattern '*.png' --train

    # What has been trained: pictures and animations, and a frozen graph.
    python examples/dcgan_mnist.py <the flags of the run, without --train> --visualize --freeze

The folder of the run, in --out_dir, then holds sample grids, the curves of both losses, the logs
and the checkpoints. The same command goes on with the run; Ctrl-C and SIGTERM lose nothing.
"""

import dataclasses
import functools
import os
import sys
import time
from typing import Any, Callable, Dict, Optional, Sequence

import tensorflow.compat.v2 as tf

from dcgan_data import load_data, training_images
from dcgan_flags import Config, check, is_conditional, is_digits, may_change, run_dir
from genflow import losses
from genflow.core import Network
from genflow.data import (
    ImageSource,
    epoch_batches,
)
from genflow.export import FrozenGraph
from genflow.gan import ConvDiscriminator, DeconvGenerator, normal_latents, uniform_latents
from genflow.metrics import (
    FeatureExtractor,
    MeasuredImages,
    evaluate_samples,
    measure_images,
    train_classifier,
)
from genflow.networks import LayerNorm
from genflow.training import (
    GanLoss,
    GanPictures,
    GanTrainer,
    Minimizer,
    Ratio,
    Report,
    TrainedGan,
    check_config,
    every,
    keep_config,
    loss_scale_from_flags,
    parse_flags,
    run_command,
    session_beside,
    session_from_flags,
)

LATENTS = {
    "uniform_signed": uniform_latents(-1.0, 1.0),
    "normal01": normal_latents(),
    "uniform_unsigned": uniform_latents(0.0, 1.0),
}


def make_generator(config: Config, image_shape: Sequence[int]) -> Network:
    """The generator of the original for digits, or for other images."""
    if is_digits(config):
        return DeconvGenerator(
            image_shape,
            widths=(128, 128),
            hidden_widths=(1024,),
            output=tf.sigmoid,
            seed=config.seed,
        )
    return DeconvGenerator(image_shape, widths=(512, 256, 128, 64), seed=config.seed)


def make_discriminator(config: Config, image_shape: Sequence[int], num_classes: int) -> Network:
    """The discriminator that belongs to the generator.

    A penalty is on the gradient at each image, which batch norm would mix with the others.
    """
    norm = {} if config.penalty == "none" else {"make_norm": LayerNorm}
    if is_digits(config):
        widths = (image_shape[-1] + num_classes, 64 + num_classes)
        return ConvDiscriminator(widths, hidden_widths=(1024,), seed=config.seed + 1, **norm)
    return ConvDiscriminator(widths=(64, 128, 256, 512), seed=config.seed + 1, **norm)


def make_loss(config: Config) -> GanLoss:
    """The pair of losses, and the penalty if there is one."""
    generator = getattr(losses, config.loss + "_generator_loss")
    discriminator = getattr(losses, config.loss + "_discriminator_loss")
    if config.label_smoothing:
        discriminator = functools.partial(discriminator, label_smoothing=config.label_smoothing)
    is_relativistic = config.loss == "relativistic_average"
    return GanLoss(generator, discriminator, is_relativistic, make_penalty(config))


def make_penalty(config: Config) -> Optional[Callable]:
    """The penalty of --penalty, weighted."""
    penalty, weight = {
        "none": (None, 0.0),
        "wgan_gp": (losses.wgan_gp_penalty, 10.0),
        "dragan": (
            lambda network, real, fake, seed: losses.dragan_penalty(network, real, seed),
            10.0,
        ),
        "r1": (lambda network, real, fake, seed: losses.r1_penalty(network, real), 5.0),
    }[config.penalty]
    weight = config.penalty_weight or weight
    return penalty and (lambda *arguments: weight * penalty(*arguments))


def make_minimizer(config: Config, average_decay: Optional[float] = None) -> Minimizer:
    """Adam, for one of the networks."""

    def make_optimizer(step: tf.Tensor) -> tf.compat.v1.train.Optimizer:
        return tf.compat.v1.train.AdamOptimizer(config.learning_rate, config.beta1)

    return Minimizer(
        make_optimizer,
        config.clip_norm or None,
        average_decay=average_decay,
        loss_scale=loss_scale_from_flags(config),
    )


def make_trainer(
    config: Config, train_set: ImageSource, evaluate: Optional[Callable] = None
) -> GanTrainer:
    """Everything that training needs, and what is done with a trained model."""
    shape, num_classes = train_set.image_shape, train_set.num_classes
    return GanTrainer(
        lambda noise_seed: make_generator(config, shape),
        lambda noise_seed: make_discriminator(config, shape, num_classes),
        make_loss(config),
        make_minimizer(config, config.average_decay or None),
        make_minimizer(config),
        train_set,
        run_dir(config),
        Ratio(config.discriminator_updates, config.generator_updates, shares_latents=True),
        config.z_dim,
        LATENTS[config.z_dist],
        value_range=(0.0, 1.0) if is_digits(config) else (-1.0, 1.0),
        class_conditional=is_conditional(config),
        batch_size=config.batch_size,
        num_parallel=2,
        num_samples=config.num_samples,
        evaluate=evaluate,
        checkpoint_dir=config.checkpoint_dir,
        sample_dir=config.sample_dir,
        logs_pictures=config.G_img_sum,
        keep=max(2, config.checkpoints),
        config=dataclasses.asdict(config),
        open_session=session_from_flags(config),
        seed=config.seed,
    )


def make_evaluation(
    config: Config, images: ImageSource, test_set: Optional[ImageSource]
) -> Optional[Callable]:
    """What is measured of generated images; nothing where there is nothing to measure it with."""
    if not config.n_fid:
        return None
    if not (config.extractor or test_set):
        print("No measures, for images without labels: pass --extractor for some.")
        return None
    real = test_set or images
    open_session, beside = session_beside(config)
    if config.extractor:
        extractor = FeatureExtractor(FrozenGraph(config.extractor, beside))
    else:
        extractor = train_classifier(images, test_set, config=beside, open_session=open_session)
    count = min(config.n_fid, len(real), len(images))

    def measured(source: ImageSource) -> MeasuredImages:
        chosen = epoch_batches(source.sample(count, config.seed), 100)
        return measure_images((batch for batch, _ in chosen), extractor)

    # Before training: what the extractor does not take is better known now.
    real_images = measured(real)
    reference = measured(images) if test_set else None

    def evaluate(gan: TrainedGan) -> Dict[str, Any]:
        return evaluate_samples(gan.generate(count, config.seed), real_images, extractor, reference)

    return evaluate


class UpdateLine:
    """Prints the line that the original prints after every update."""

    def __init__(
        self, config: Config, steps_per_epoch: int, write: Callable[[str], None] = print
    ) -> None:
        """Constructs the observer; it writes after every --steps_log updates."""
        self._config, self._steps_per_epoch, self._write = config, steps_per_epoch, write
        self._start = time.time()

    def __call__(self, step: int, metrics: Dict[str, float], report: Report) -> None:
        """Takes a step."""
        if step % self._config.steps_log:
            return
        epoch, index = divmod(step - 1, self._steps_per_epoch)
        self._write(
            "[{:8d} Epoch:[{:2d}/{:2d}] [{:4d}/{:4d}] time: {:4.4f}, d_loss: {:.8f}, g_loss: "
            "{:.8f}".format(
                step,
                epoch,
                self._config.epoch,
                index,
                self._steps_per_epoch,
                time.time() - self._start,
                metrics["discriminator_loss"],
                metrics["generator_loss"],
            )
        )


def train(config: Config, images: ImageSource) -> Dict[str, Any]:
    """Trains the model; returns what it reached and where the pictures are."""
    folder = os.path.join(run_dir(config), config.checkpoint_dir)
    run = (folder, config, may_change(config))
    check_config(*run)
    train_set = training_images(config, images)
    evaluate = make_evaluation(config, images, load_data(config, "test"))
    trainer = make_trainer(config, train_set, evaluate)
    print(
        "Generator {generator:,}, discriminator {discriminator:,} parameters; ".format(
            **trainer.num_parameters
        )
        + "{:,} images of {}, from update {} on, in {}".format(
            len(train_set), train_set.name, trainer.checkpoints.step, run_dir(config)
        )
    )
    epoch = len(train_set) // (config.batch_size * config.discriminator_updates)
    return trainer.train(
        config.steps or config.epoch * epoch,
        evaluate_at=every(config.fid_freq),
        sample_at=every(config.sample_freq),
        log_every=config.steps_log,
        checkpoint_every=config.steps_checkpoint,
        max_seconds=60.0 * config.max_minutes or None,
        observers=[UpdateLine(config, epoch, trainer.write)],
        when_open=lambda: keep_config(*run),
    )


def use(config: Config, images: ImageSource) -> Dict[str, str]:
    """Does with the trained model what the flags say; returns paths by what they show."""
    folder = run_dir(config)
    check_config(os.path.join(folder, config.checkpoint_dir), config, may_change(config))
    trainer, made = make_trainer(config, images), {}
    if config.visualize:
        num_classes = images.num_classes if is_conditional(config) else None
        with trainer.trained() as generator:
            made.update(
                visualize(generator, config, num_classes, os.path.join(folder, "visualize"))
            )
    if config.export:
        path = os.path.join(folder, "export_b{}".format(config.batch_size))
        made["generator"] = trainer.export(path)
    if config.freeze:
        path = os.path.join(folder, "frozen_b{}".format(config.batch_size), "generator_frz.pb")
        trainer.freeze(path)
        made["frozen graph"] = path
    return made


def visualize(
    generator: Callable, config: Config, num_classes: Optional[int], folder: str
) -> Dict[str, str]:
    """Draws what the original draws with its options 0 to 4; returns one path of each kind."""
    pictures = GanPictures(
        generator,
        config.z_dim,
        folder,
        num_classes=num_classes,
        seed=config.seed,
        show_progress=True,
    )
    zero = pictures.merged_sweep_gif()
    return {
        "grid": pictures.grid()[0],
        "sweeps": pictures.sweep_grids()[0],
        "animated sweeps": pictures.random_sweep_gifs()[0],
        "animated from zero": zero[0],
        "all animated": zero[-1],
    }


def run(config: Config) -> None:
    """Does what the flags say, and says what was made."""
    check(config)
    images, made = load_data(config, "train"), {}
    if config.train:
        summary = train(config, images)
        made.update(summary.pop("pictures"))
        print("After {num_steps} steps:".format(**summary))
        for name, value in sorted(summary.items()):
            if name.startswith("test_"):
                print("  {:<26}{}".format(name[len("test_") :].replace("_", " "), value))
    if config.visualize or config.export or config.freeze:
        made.update(use(config, images))
    print("Look at:")
    for name, path in made.items():
        print("  {:<26}{}".format(name, path))


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags and does what they say."""
    config = parse_flags(Config, argv, description=__doc__)
    run_command(lambda: run(config), how_to_go_on="--train" if config.train else None)


if __name__ == "__main__":
    main(sys.argv[1:])
