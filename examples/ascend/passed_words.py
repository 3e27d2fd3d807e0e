"""What may follow `--`: flags of an example that the script has no say in."""

import dataclasses
from typing import Dict, List, Sequence, Set

from genflow.training.flags import flag_names
from train_flags import MODELS, RUN, Model, example_module

# By these names in every example.
_SAME = (
    "backend seed data_dir steps steps_log precision_mode loss_scale over_dump over_dump_path "
    "data_dump_flag data_dump_path data_dump_step profiling profiling_dump_path"
).split()


def check_passed(network: str, words: Sequence[str]) -> None:
    """Refuses flags that the script sets: its results would speak of another run.

    What only makes a measurement shorter, and the size of the digits, may be set.

    Args:
        network: One of the models.
        words: What follows `--`.

    Raises:
        ValueError: If a flag is the script's, under any of its names or a beginning of one.
    """
    model = MODELS[network]
    names = _names_of_flags(model)
    own = _own_flags(model, names)
    for word in words:
        taken = sorted(_meant(word, names) & own)
        if taken:
            raise ValueError(
                "{} after -- would set --{}, which this script sets itself: leave it out, and pass "
                "what --help lists before the --.".format(word, taken[0])
            )


def _names_of_flags(model: Model) -> Dict[str, str]:
    """The flags of an example, by all of their names."""
    fields = dataclasses.fields(example_module(model, "flags").Config)
    return {name: field.name for field in fields for name in flag_names(field)}


def _own_flags(model: Model, names: Dict[str, str]) -> Set[str]:
    words: List[str] = model.folder.format(device="", run=RUN).split(" ")
    words += list(model.always) + list(model.resume)
    words += ["--" + name for name in _SAME + [model.dataset, model.batch_size]]
    words += ["--" + model.epochs] if model.epochs else []
    return {names[word.partition("=")[0]] for word in words}


def _meant(word: str, names: Dict[str, str]) -> Set[str]:
    """The flags that a word can mean, as argparse understands it."""
    name = word.partition("=")[0]
    if name in names:
        return {names[name]}
    if name.startswith("--"):  # A beginning of a name will do; two dashes alone are no name.
        return {names[each] for each in names if len(name) > 2 and each.startswith(name)}
    return {names[word[:2]]} if word[:2] in names else set()
