"""The flags of `glow_cifar10.py`, and the sizes and times that follow from them."""

import dataclasses

from genflow.training import (
    RunFlags,
    check_count,
    check_flags,
    check_halvings,
    check_session_flags,
    flag,
    names_of_flags,
)
from glow_data import EPOCH_SIZE, NAMES, Data


@dataclasses.dataclass
class OriginalFlags:
    """The flags of the original under their names; aliases are those of the Ascend port."""

    verbose: bool = flag(False, "print every step: images processed, seconds, results")
    restore_path: str = flag("", "checkpoint, or folder of a run, to start from")
    inference: bool = flag(False, "do not train: encode and decode the held-out images")
    logdir: str = flag("./logs", "folder of the run", aliases=["train_url"])
    problem: str = flag(
        "cifar10", "images; auto is cifar10 if it is at hand, else photos", choices=NAMES
    )
    category: str = flag("", "folder in --data_dir that holds the data, for LSUN")
    data_dir: str = flag(
        "", "folder with the data; else GENFLOW_DATA_DIR, else a cache", aliases=["data_url"]
    )
    dal: int = flag(
        -1,
        "augmentation: 0 none, 1 shifts, 2 also mirrors, turns and zooms (not digits and clothes); "
        "-1 is 1 for cifar10, mnist and fashion_mnist, else 0",
        choices=[-1, 0, 1, 2],
    )
    fmap: int = flag(1, "threads that read the record files", at_least=1)
    pmap: int = flag(16, "batches that are prepared at the same time", at_least=1)
    n_train: int = flag(-1, "images in an epoch; -1 for 50000, or all if there are fewer")
    n_test: int = flag(-1, "held-out images to use; -1 for all")
    n_batch_train: int = flag(50, "images in each update, at --anchor_size", at_least=1)
    n_batch_test: int = flag(
        50, "images in each batch of the evaluation, at --anchor_size", at_least=1
    )
    n_batch_init: int = flag(
        256, "images for data-dependent initialisation, at --anchor_size", at_least=1
    )
    optimizer: str = flag(
        "adamax",
        "adam2 averages squares over devices, so it is adam on one",
        choices=["adam", "adamax", "adam2"],
    )
    lr: float = flag(0.001, "learning rate after the warm-up", above=0)
    beta1: float = flag(0.9, "decay of the average gradient")
    polyak_epochs: float = flag(
        1.0, "epochs that the weights are averaged over; sets beta2 too", above=0
    )
    weight_decay: float = flag(1.0, "factor of the weights at every update; 1 for none")
    epochs: int = flag(100, "epochs to train", at_least=1)
    epochs_warmup: float = flag(
        10.0, "epochs in which the learning rate grows from zero", at_least=0
    )
    epochs_full_valid: int = flag(
        5, "epochs between evaluations of the held-out images", at_least=1
    )
    gradient_checkpointing: int = flag(
        1, "keep one tensor for each step of flow and compute the rest again", choices=[0, 1]
    )
    image_size: int = flag(-1, "height and width of the images; -1 for that of --problem")
    anchor_size: int = flag(32, "image size that batch sizes refer to", at_least=1)
    width: int = flag(512, "channels of the couplings' hidden layers", at_least=1)
    depth: int = flag(32, "steps in each level", at_least=1)
    weight_y: float = flag(0.0, "weight of the classification loss; needs --ycond", at_least=0)
    n_bits_x: int = flag(8, "bits of every pixel value")
    n_levels: int = flag(3, "levels", at_least=1)
    n_sample: int = flag(0, "images decoded at once when sampling; 0 for all", at_least=0)
    epochs_full_sample: int = flag(
        50, "epochs between sample grids, besides epochs 1 and 10", at_least=1
    )
    learntop: bool = flag(False, "learn the top prior")
    ycond: bool = flag(False, "let the top prior depend on the class")
    seed: int = flag(0, "of everything random")
    flow_permutation: int = flag(2, "0 reverse, 1 shuffle, 2 invertible 1x1 convolution", [0, 1, 2])
    flow_coupling: int = flag(0, "0 additive, 1 affine", choices=[0, 1])


@dataclasses.dataclass
class Config(RunFlags, OriginalFlags):
    """The flags: those of the original, those of every run, then those that neither has."""

    resume: bool = flag(False, "go on with the run in --logdir, if there is one")
    plu: bool = flag(False, "keep the 1x1 convolutions as triangular factors")
    polyak: bool = flag(False, "evaluate, sample and choose the best with averaged weights")
    n_grid: int = flag(10, "samples at each temperature", at_least=1)
    steps_warmup: int = flag(0, "length of the warm-up in updates, instead of epochs", at_least=0)


# What may differ when the same --logdir goes on with a run.
MAY_CHANGE = (
    names_of_flags(RunFlags)
    + (
        "verbose restore_path inference logdir data_dir fmap pmap n_batch_test n_test lr epochs "
        "epochs_warmup epochs_full_valid epochs_full_sample gradient_checkpointing n_sample resume "
        "steps_warmup polyak n_grid"
    ).split()
)


def check(config: Config) -> None:
    """Refuses flags that are out of bounds, or contradict each other."""
    check_flags(config)
    check_session_flags(config)
    if config.weight_y and not config.ycond:
        raise ValueError(
            "--weight_y {} is the weight of a class that the model is not given: pass --ycond "
            "too.".format(config.weight_y)
        )


@dataclasses.dataclass
class Schedule:
    """Sizes and times that follow from the flags and the data."""

    config: Config
    data: Data

    @property
    def epoch_size(self) -> int:
        """Images in an epoch, as they are counted at the anchor size."""
        default = min(EPOCH_SIZE, len(self.data.train))
        return self.config.n_train if self.config.n_train > 0 else default

    @property
    def steps_per_epoch(self) -> int:
        """Updates in an epoch."""
        return -(-self.epoch_size // self.config.n_batch_train)

    @property
    def num_steps(self) -> int:
        """Updates in all."""
        return self.config.steps or self.config.epochs * self.steps_per_epoch

    @property
    def num_warmup_steps(self) -> float:
        """Updates in which the learning rate grows."""
        per_epoch = self.epoch_size / self.config.n_batch_train
        return self.config.steps_warmup or self.config.epochs_warmup * per_epoch

    @property
    def decay(self) -> float:
        """Of the largest gradient, and of the average of the weights."""
        length = self.steps_per_epoch * self.config.polyak_epochs
        if length < 1:
            raise ValueError(
                "--polyak_epochs must be at least 1/{}, one update; got {}.".format(
                    self.steps_per_epoch, self.config.polyak_epochs
                )
            )
        return 1.0 - 1.0 / length

    def batch_size(self, at_anchor: int) -> int:
        """Images in a batch that has as many pixels as so many at the anchor size."""
        size = self.data.test.image_shape[0]
        return max(1, at_anchor * self.config.anchor_size**2 // size**2)

    def prints(self, epoch: int) -> bool:
        """Whether the original prints a line."""
        return epoch < 10 or (epoch < 50 and epoch % 10 == 0) or self._validates(epoch)

    def evaluates_at(self, step: int) -> bool:
        """Whether the held-out images are evaluated after so many updates."""
        epoch, rest = divmod(step, self.steps_per_epoch)
        return rest == 0 and self._validates(epoch)

    def samples_at(self, step: int) -> bool:
        """Whether samples are drawn after so many updates."""
        epoch, rest = divmod(step, self.steps_per_epoch)
        return rest == 0 and (epoch in (1, 10) or epoch % self.config.epochs_full_sample == 0)

    def _validates(self, epoch: int) -> bool:
        return epoch % self.config.epochs_full_valid == 0


def check_data(config: Config, data: Data) -> None:
    """Refuses images that the levels cannot halve, or that are too few."""
    image_shape, schedule = data.test.image_shape, Schedule(config, data)
    check_halvings("n_levels", config.n_levels, config.n_levels, image_shape)
    if schedule.batch_size(config.n_batch_init) < 2:
        raise ValueError(
            "--n_batch_init {} is less than 2 images of {}x{} (--anchor_size {}), of which actnorm "
            "takes standard deviations: raise it.".format(
                config.n_batch_init, image_shape[0], image_shape[1], config.anchor_size
            )
        )
    batch_size = schedule.batch_size(config.n_batch_train)
    check_count("n_batch_train", config.n_batch_train, data.train, batch_size)
    check_count("n_test", config.n_test, data.test, config.n_test)
