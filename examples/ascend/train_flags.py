"""The arguments of `train_*.sh`, and what they are for each of the four examples."""

import dataclasses
import importlib
import os
import sys
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from genflow.ascend import backends
from genflow.training import check_flags, flag

EXAMPLES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# These come with scikit-learn.
_WITHOUT_FILES = ("digits", "photos")
_NUM_PERFORMANCE_STEPS = 200
# What writes files: the flag of the folder, and what that is called by default.
_DUMPS = {
    "over_dump": ("over_dump_path", "overflow_dump"),
    "data_dump_flag": ("data_dump_path", "data_dump"),
    "profiling": ("profiling_dump_path", "profiling"),
}


@dataclasses.dataclass
class Config:
    """The arguments that scripts for Ascend have in common, then those that they have not."""

    network: str = flag("", "what to train: glow, realnvp, dcgan or improved_gan; needed")
    data_path: str = flag("", "folder with the data; needed, but for --dataset digits or photos")
    output_path: str = flag("./output", "folder of the logs and the run, in that of the device")
    train_steps: int = flag(0, "updates to make", at_least=0)
    train_epochs: int = flag(
        0,
        "epochs to train; 0 for those of the example; of improved_gan, which counts updates, as "
        "many as draw all its images so often",
        at_least=0,
    )
    batch_size: int = flag(0, "images in each update; 0 for that of the example", at_least=0)
    precision_mode: str = flag("", "such as allow_mix_precision; nothing changed by default")
    loss_scale: str = flag(
        "", "factor of the loss in mixed precision: a number, or dynamic; none by default"
    )
    over_dump: bool = flag(False, "write down where values overflow (NPU only)")
    data_dump_flag: bool = flag(False, "write down what operations compute (NPU only)")
    data_dump_step: str = flag("10", "at which steps, such as 10 or 0|5-7")
    profiling: bool = flag(False, "write down what takes how long (NPU only)")
    over_dump_path: str = flag("", "by default overflow_dump in the folder of the device")
    data_dump_path: str = flag("", "by default data_dump there")
    profiling_dump_path: str = flag("", "by default profiling there")
    backend: str = flag(
        "auto",
        "what to run on; auto takes an NPU if there is one, else a GPU, else the CPU",
        choices=backends.NAMES,
    )
    dataset: str = flag("", "data set, by the name it has in the example; by default its first one")
    device_id: int = flag(
        -1, "number of /dev/davinci*; -1 for ASCEND_DEVICE_ID, else the first one", at_least=-1
    )
    num_devices: int = flag(0, "devices of train_full_8p.sh; 0 for all eight", at_least=0)
    seed: int = flag(0, "of everything random", at_least=0)
    resume: bool = flag(False, "go on with the run in --output_path")


class Script(NamedTuple):
    """What one of the scripts does.

    Attributes:
        kind: Last word of the name of its result: acc or perf.
        num_devices: How many it trains on.
    """

    kind: str
    num_devices: int


SCRIPTS = {
    "full_1p": Script("acc", 1),
    "performance_1p": Script("perf", 1),
    "full_8p": Script("acc", 8),
}


class Model(NamedTuple):
    """One of the examples, and what it calls things.

    Attributes:
        title: `Network` in its result.
        program: The file.
        folder: From the folder of the device and the name of that of the run in it to flags.
        dataset: Flag of the data set.
        epochs: Flag of the epochs, if it counts any.
        batch_size: Flag of the batch size,
        default_batch_size: ... and how many that is.
        resume: Flags that go on with a run.
        always: Flags that are always passed,
        digits: ... and those that go with the digits, of 16x16 pixels.
        performance: Flags that save what is not training, where speed is measured.
        accuracy: What of the log says how good the model is,
        loss: ... and what it minimises.
    """

    title: str
    program: str
    folder: str
    dataset: str
    epochs: Optional[str]
    batch_size: str
    default_batch_size: int
    resume: Sequence[str]
    always: Sequence[str]
    digits: Sequence[str]
    performance: Sequence[str]
    accuracy: str
    loss: str


MODELS: Dict[str, Model] = {
    "glow": Model(
        title="Glow",
        program="glow_cifar10.py",
        folder="--logdir={device}/{run}",
        dataset="problem",
        epochs="epochs",
        batch_size="n_batch_train",
        default_batch_size=50,
        resume=["--resume"],
        always=["--plu"],  # Ascend has determinants and inverses on its host CPU only.
        digits=["--anchor_size=16"],
        performance=["--n_test=100"],
        accuracy="test_bits_per_dim",
        loss="train_loss",
    ),
    "realnvp": Model(
        title="RealNVP",
        program="realnvp_cifar10.py",
        folder="--save_dir={device}/{run}",
        dataset="data_set",
        epochs="max_epochs",
        batch_size="batch_size",
        default_batch_size=12,
        resume=["--load_params=1"],
        always=[],
        digits=[],
        performance=["--n_test=100"],
        accuracy="test_bits_per_dim",
        loss="train_loss",
    ),
    "dcgan": Model(
        title="DCGAN",
        program="dcgan_mnist.py",
        folder="--out_dir={device} --out_name={run}",
        dataset="dataset",
        epochs="epoch",
        batch_size="batch_size",
        default_batch_size=64,
        resume=[],
        always=["--train"],
        digits=[],
        performance=["--n_fid=0"],
        accuracy="test_fid",
        loss="train_discriminator_loss",
    ),
    "improved_gan": Model(
        title="ImprovedGAN",
        program="improved_gan_mnist.py",
        folder="--train_dir={device}/{run}",
        dataset="dataset",
        epochs=None,
        batch_size="batch_size",
        default_batch_size=200,
        resume=[],
        always=[],
        digits=[],
        performance=[],
        accuracy="test_accuracy",
        loss="train_discriminator_loss",
    ),
}
RUN = "run"


def check(config: Config, script: Script) -> None:
    """Refuses arguments out of range, and those that this model or script has not."""
    if config.network not in MODELS:
        raise ValueError(
            "--network must be one of {}; got {!r}.".format(", ".join(MODELS), config.network)
        )
    check_flags(config)
    if not config.data_path and config.dataset not in _WITHOUT_FILES:
        raise ValueError(
            "--data_path must be the folder with the data (--dataset digits needs none)."
        )
    if config.data_path and not os.path.exists(config.data_path):
        raise FileNotFoundError("--data_path must be a folder; got {}.".format(config.data_path))
    if config.train_steps and config.train_epochs:
        raise ValueError("--train_steps and --train_epochs both say how long: leave one out.")
    if script.num_devices == 1 and config.num_devices:
        raise ValueError("--num_devices is for train_full_8p.sh: leave it out.")
    if script.num_devices > 1 and config.device_id >= 0:
        raise ValueError("--device_id is for one device: leave it out, or pass --num_devices.")


def example_module(model: Model, part: str) -> Any:
    """Imports what an example has in a file of its own.

    Args:
        model: One of the examples.
        part: Such as "flags".
    """
    if EXAMPLES not in sys.path:
        sys.path.append(EXAMPLES)
    program = os.path.splitext(model.program)[0].rpartition("_")[0]
    return importlib.import_module("{}_{}".format(program, part))


def batch_size(config: Config) -> int:
    """Images in each update."""
    return config.batch_size or MODELS[config.network].default_batch_size


def command_line(
    config: Config, script: Script, folder: str, rank_id: int, others: Sequence[str]
) -> List[str]:
    """The words with which an example is called.

    Args:
        config: The arguments.
        script: What is done.
        folder: That of the device.
        rank_id: Each rank has a seed of its own.
        others: Flags of the example that are passed as they are.
    """
    model = MODELS[config.network]
    words = [os.path.join(EXAMPLES, model.program)]
    words += [word.format(device=folder, run=RUN) for word in model.folder.split(" ")]
    words += ["--backend=" + config.backend, "--seed={}".format(config.seed + rank_id)]
    words += ["--{}={}".format(model.batch_size, batch_size(config))]
    words += model.always
    if config.dataset == "digits":
        words += model.digits
    if script.kind == "perf":
        words += model.performance
    if config.resume:
        words += model.resume
    if config.data_path and config.dataset not in _WITHOUT_FILES:
        words.append("--data_dir=" + os.path.abspath(config.data_path))
    if config.dataset:
        words.append("--{}={}".format(model.dataset, config.dataset))
    return words + _length(config, script, model) + _session(config, folder) + list(others)


def _length(config: Config, script: Script, model: Model) -> List[str]:
    """How long to train; in the log are ten averages at least, if there are ten updates."""
    steps = config.train_steps
    if script.kind == "perf" and not config.train_epochs:
        steps = steps or _NUM_PERFORMANCE_STEPS
    words = ["--steps_log={}".format(min(50, max(1, steps // 10)) if steps else 50)]
    if steps:
        words.append("--steps={}".format(steps))
    if config.train_epochs:
        words.append("--{}={}".format(model.epochs, config.train_epochs))
    return words


def _session(config: Config, folder: str) -> List[str]:
    """What is the same in all examples."""
    words = []
    if config.precision_mode:
        words.append("--precision_mode=" + config.precision_mode)
    if config.loss_scale:
        words.append("--loss_scale=" + config.loss_scale)
    for name, (path, default) in _DUMPS.items():
        if getattr(config, name):
            place = getattr(config, path) or os.path.join(folder, default)
            words += ["--" + name, "--{}={}".format(path, place)]
    if config.data_dump_flag:
        words.append("--data_dump_step=" + config.data_dump_step)
    return words
