"""The flags of `realnvp_cifar10.py`."""

import dataclasses

from genflow.training import RunFlags, check_flags, check_session_flags, flag, names_of_flags


@dataclasses.dataclass
class OriginalFlags:
    """The flags of the original and of its Ascend port, under their names."""

    data_dir: str = flag(
        "",
        "folder with the data (default: GENFLOW_DATA_DIR, else a cache)",
        short="i",
        aliases=["data_url"],
    )
    save_dir: str = flag("./out", "folder of the run", short="o", aliases=["train_url"])
    data_set: str = flag(
        "cifar",
        "images; imagenet is that of 32x32 pixels, photos and digits come with scikit-learn",
        short="d",
        choices=["cifar", "imagenet", "photos", "digits"],
    )
    save_interval: int = flag(
        2, "epochs between pictures, from the first one on", short="t", at_least=1
    )
    load_params: int = flag(
        0, "1 goes on with the run in --save_dir, if there is one", short="r", choices=[0, 1]
    )
    learning_rate: float = flag(0.001, "learning rate at the start", short="l", above=0)
    lr_decay: float = flag(
        0.999995, "factor of the learning rate at every update", short="e", above=0
    )
    batch_size: int = flag(12, "images in each update", short="b", at_least=1)
    init_batch_size: int = flag(
        100, "images for data-dependent initialisation", short="a", at_least=2
    )
    dropout_p: float = flag(
        0.0,
        "share of the values dropped in the residual blocks (0.5 in the original, whose model has "
        "no dropout)",
        short="p",
        at_least=0,
        below=1,
    )
    max_epochs: int = flag(5000, "epochs to train", short="x", at_least=1)
    nr_gpu: int = flag(1, "devices; only 1", short="g")
    num_gpus: int = flag(1, "devices, in the Ascend port; only 1", short="z")
    sample_batch_size: int = flag(16, "samples at each temperature", at_least=1)
    seed: int = flag(1, "of everything random", short="s", at_least=0)


@dataclasses.dataclass
class Config(RunFlags, OriginalFlags):
    """The flags: those of the original, those of every run, then those that neither has."""

    preset: str = flag(
        "paper",
        "paper: as the paper describes it; original: topology, preprocessing and weight norm of "
        "the original code",
        choices=["paper", "original"],
    )
    alpha: float = flag(
        0.0,
        "share of the unit interval cut away before the logit; 0 for that of the preset, which is "
        "0.05 for paper and 0.00001 for original",
        at_least=0,
        below=1,
    )
    width: int = flag(64, "channels of the residual blocks", at_least=1)
    num_blocks: int = flag(8, "residual blocks in each coupling", at_least=1)
    num_scales: int = flag(2, "scales; the images are halved once less", at_least=1)
    norm_decay: float = flag(
        0.95,
        "share of the old averages in the running statistics of batch norm",
        at_least=0,
        below=1,
    )
    n_test: int = flag(0, "held-out images to use; 0 for all", at_least=0)
    restore_path: str = flag("", "checkpoint, or folder of a run, to start from")


# What may differ when the same --save_dir goes on with a run.
MAY_CHANGE = names_of_flags(RunFlags) + [
    "data_dir",
    "save_dir",
    "save_interval",
    "load_params",
    "learning_rate",
    "lr_decay",
    "max_epochs",
    "nr_gpu",
    "num_gpus",
    "restore_path",
    "sample_batch_size",
    "n_test",
]


def check(config: Config) -> None:
    """Refuses flags out of range, and what the original takes and this one cannot do."""
    check_flags(config)
    check_session_flags(config)
    for name in ("nr_gpu", "num_gpus"):
        if getattr(config, name) != 1:
            raise ValueError(
                "--{} must be 1, for a run uses one device; got {}: for the same updates pass "
                "--batch_size {}.".format(
                    name, getattr(config, name), config.batch_size * getattr(config, name)
                )
            )
    if config.lr_decay > 1:
        raise ValueError("--lr_decay must be at most 1; got {}.".format(config.lr_decay))
    if config.data_dir and config.data_set in ("photos", "digits"):
        raise ValueError(
            "--data_dir is not for --data_set {}, which comes with scikit-learn: leave it "
            "out.".format(config.data_set)
        )
    if config.download and config.data_set != "cifar":
        raise ValueError(
            "--download is for --data_set cifar; got {}: leave it out.".format(config.data_set)
        )
