"""The flags of `realnvp_cifar10.py`."""

import dataclasses

from genflow.training import check_flags, flag

# What may differ when the same --save_dir goes on with a run.
MAY_CHANGE = (
    "data_dir save_dir save_interval load_params learning_rate lr_decay max_epochs nr_gpu num_gpus "
    "download n_test steps steps_log steps_checkpoint checkpoints max_minutes num_threads"
).split()


@dataclasses.dataclass
class Config:
    """The flags: those of the original under their names, then those that it does not have."""

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
        2, "epochs between checkpoints and between pictures", short="t", at_least=1
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
    seed: int = flag(1, "of everything random", short="s")

    preset: str = flag(
        "paper",
        "paper: as published in the paper; original: the topology, preprocessing and normalisation "
        "of the original code",
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
    download: bool = flag(False, "download CIFAR-10 if it is not there")
    n_test: int = flag(-1, "held-out images to use; -1 for all")
    clip_norm: float = flag(0.0, "largest norm of the gradient; 0 for no limit", at_least=0)
    steps: int = flag(0, "updates to make, instead of epochs", at_least=0)
    steps_log: int = flag(50, "updates between lines of log.jsonl", at_least=1)
    steps_checkpoint: int = flag(
        0, "updates between checkpoints, instead of --save_interval", at_least=0
    )
    checkpoints: int = flag(3, "how many of the last checkpoints stay", at_least=2)
    max_minutes: float = flag(0.0, "stop training after this time; 0 for no limit", at_least=0)
    num_threads: int = flag(
        0, "threads of TensorFlow; 1 makes runs equal bit for bit; 0 for all", at_least=0
    )


def check(config: Config) -> None:
    """Refuses flags out of range, and what the original takes and this one cannot do."""
    check_flags(config)
    for name in ("nr_gpu", "num_gpus"):
        if getattr(config, name) != 1:
            raise ValueError(
                "--{} must be 1, for a run uses one device; got {}.".format(
                    name, getattr(config, name)
                )
            )
    if config.download and config.data_set != "cifar":
        raise ValueError("--download is for --data_set cifar; got {}.".format(config.data_set))
