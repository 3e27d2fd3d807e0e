"""Makes a run of `glow_cifar10.py` from a checkpoint of the reference implementation of Glow.

Kingma and Dhariwal, Glow: Generative Flow with Invertible 1x1 Convolutions, 2018.
https://arxiv.org/abs/1807.03039; reference implementation: https://github.com/openai/glow

Runs:
    # A folder with the weights, at step 0, and the configuration: a run to go on with.
    python examples/glow_checkpoint.py --checkpoint logs/model_best_loss.ckpt --logdir runs/glow

    # The averaged weights instead, of a model of 5-bit images, in ./logs.
    python examples/glow_checkpoint.py --checkpoint old/model_best_loss.ckpt --average --n_bits_x 5

--checkpoint is what the names of the files begin with. The flags of the model (--n_levels,
--depth, --width, --flow_permutation, --flow_coupling, --learntop, --ycond) are read from the
checkpoint, whatever their defaults. Those that it does not hold (--problem, --n_bits_x,
--weight_y, and those of training) have to be given here, for a run goes on with the flags it
was made with. A checkpoint that does not fit is refused with what is missing and what is left
over; the folder of the run then has no checkpoint.
"""

import dataclasses
import shlex
import sys
from typing import Any, List, Optional, Sequence

from genflow.training import (
    flag,
    keep_config,
    latest_checkpoint,
    names_of_flags,
    parse_flags,
    run_command,
)
from glow_cifar10 import make_trainer
from glow_data import load_data
from glow_flags import MAY_CHANGE, Config, check, check_data
from glow_original import load_original
from glow_original_file import Original, as_arguments, listed

# Flags of `glow_cifar10.py` that say where another run comes from or what to do with it.
MEANINGLESS = ("restore_path", "inference", "resume")


@dataclasses.dataclass
class ConversionConfig(Config):
    """The flags of the run that is made, and where it comes from."""

    checkpoint: str = flag("", "the original's checkpoint: the path without .index or .data-*")
    average: bool = flag(False, "take the averaged weights instead of the last ones")


def parse(argv: Optional[Sequence[str]] = None) -> ConversionConfig:
    """The flags; those of the model that are not given come from the checkpoint."""
    argv = sys.argv[1:] if argv is None else list(argv)
    config = parse_flags(ConversionConfig, argv, description=__doc__)
    if not config.checkpoint:
        raise ValueError("--checkpoint must be the path of the original's checkpoint; got none.")
    for name in MEANINGLESS:
        if getattr(config, name):
            raise ValueError(
                "--{} means nothing here, where a run is made: leave it out.".format(name)
            )
    flags = Original(config.checkpoint).flags()
    if not flags:
        raise ValueError(
            "--checkpoint must be one of the original Glow; {} has no variables of such a model: "
            "is it the right file?".format(config.checkpoint)
        )
    config = parse_flags(ConversionConfig, as_arguments(flags) + argv)
    for name, found in flags.items():
        if getattr(config, name) != found:
            raise ValueError(
                "--{} is {}, but the checkpoint {} was made with {}: leave the flags of the model "
                "out.".format(name, getattr(config, name), config.checkpoint, found)
            )
    return config


def convert(config: ConversionConfig) -> List[str]:
    """Makes a run of an original checkpoint; returns the names that were not needed."""
    run_config = Config(**{name: getattr(config, name) for name in names_of_flags(Config)})
    check(run_config)
    if latest_checkpoint(run_config.logdir) is not None:
        raise ValueError(
            "--logdir must be a folder without a run; {} holds one: choose another.".format(
                run_config.logdir
            )
        )
    return write_run(run_config, config.checkpoint, config.average)


def write_run(config: Config, checkpoint: str, average: bool) -> List[str]:
    """Starts a run with the weights of the original, in place of data-dependent initialisation."""
    data, left = load_data(config), []
    check_data(config, data)

    def initialize(tensors: Any, session: Any) -> None:
        classifier = getattr(tensors.modules.get("classifier"), "linear", None)
        left.extend(load_original(tensors.flow, checkpoint, session, average, classifier))
        keep_config(config.logdir, config, MAY_CHANGE)

    make_trainer(config, data, initialize).write_checkpoint()
    return left


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags, converts, and says how to go on."""
    config = run_command(lambda: parse(argv))
    left = run_command(lambda: convert(config))
    print("Not needed: {}".format(listed(left) or "nothing"))
    print("Converted {}. Go on with:".format(config.checkpoint))
    command = "python examples/glow_cifar10.py " + " ".join(run_arguments(config))
    print("  {} --inference\n  {} --resume".format(command, command))


def run_arguments(config: ConversionConfig) -> List[str]:
    """The flags of the run as on a command line, but for those that have their default."""
    default, given = dataclasses.asdict(Config()), dataclasses.asdict(config)
    changed = {name: given[name] for name in default if given[name] != default[name]}
    return [shlex.quote(argument) for argument in as_arguments(changed)]


if __name__ == "__main__":
    main(sys.argv[1:])
