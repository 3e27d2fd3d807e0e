"""Epochs of an example that counts updates."""

import dataclasses
import math
from typing import Sequence

from genflow.training import parse_flags
from train_flags import MODELS, Config, Script, batch_size, command_line, example_module


def epochs_as_steps(config: Config, script: Script, others: Sequence[str]) -> Config:
    """The arguments, with --train_epochs as --train_steps where the example has no epochs.

    An epoch is then as many updates as draw all images to train on, labelled or not, a batch each:

        train_steps = ceil(train_epochs * num_images / batch_size)

    For that the images are read.

    Args:
        config: The arguments.
        script: What is done.
        others: Flags of the example that are passed as they are.

    Raises:
        OSError: If the data set is not there.
    """
    model = MODELS[config.network]
    if not config.train_epochs or model.epochs is not None:
        return config
    without = dataclasses.replace(config, train_epochs=0)
    words = command_line(without, script, "", 0, others)[1:]
    data = example_module(model, "data")
    images = data.load_splits(parse_flags(example_module(model, "flags").Config, words)).train
    num_steps = math.ceil(config.train_epochs * len(images) / batch_size(config))
    print(
        "{} epochs of {:,} images are {:,} updates.".format(
            config.train_epochs, len(images), num_steps
        )
    )
    return dataclasses.replace(without, train_steps=num_steps)
