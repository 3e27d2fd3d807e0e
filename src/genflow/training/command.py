"""What a program on the command line does around training."""

import logging
import sys
from typing import Any, Callable, Dict, Optional, TypeVar

Result = TypeVar("Result")


def run_command(command: Callable[[], Result], how_to_go_on: Optional[str] = None) -> Result:
    """Runs what a program does, and ends the program with one sentence if that fails.

    TensorFlow says nothing but errors meanwhile. A file, a value or a number that is not
    what it must be ends the program with the message of the error and exit status 1;
    Ctrl-C or SIGTERM with how to go on, and `128 + signum`.

    Args:
        command: What to run.
        how_to_go_on: The flag with which the same command goes on, if there is one.

    Returns:
        What `command` returns.

    Raises:
        SystemExit: If `command` raises `OSError`, `ValueError`, `FloatingPointError` or
            `KeyboardInterrupt`. All other errors pass.

    Example:
        >>> run_command(lambda: {"num_steps": 3}, how_to_go_on="--resume")
        {'num_steps': 3}
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        return command()
    except (OSError, ValueError, FloatingPointError) as error:
        sys.exit(str(error))
    except MemoryError as error:
        sys.exit("There is not enough memory: {}.".format(error or "take smaller batches"))
    except KeyboardInterrupt as stopped:
        what = str(stopped) or "stopped"
        if how_to_go_on:
            print("Training was {}; with {} the same command goes on.".format(what, how_to_go_on))
        else:
            print("The command was {}.".format(what))
        sys.exit(128 + getattr(stopped, "signum", 2))


def print_summary(summary: Dict[str, Any]) -> None:
    """Prints what training reached, in held-out numbers only, and where the pictures are.

    Args:
        summary: What `FlowTrainer.train` returns.

    Example:
        >>> print_summary({"num_steps": 3, "test_bits_per_dim": 4.5, "pictures": {}})
        Held-out bits/dim after 3 steps: 4.5000
    """
    print("Held-out bits/dim after {num_steps} steps: {test_bits_per_dim:.4f}".format(**summary))
    if "test_bits_per_dim_average" in summary:
        print(
            "  of the weights as they are {test_bits_per_dim_raw:.4f}, averaged "
            "{test_bits_per_dim_average:.4f}".format(**summary)
        )
    _print_class_error(summary)
    if summary["pictures"]:
        print("Look at:")
    for name, path in summary["pictures"].items():
        print("  {:<20}{}".format(name, path))


def print_encoding(summary: Dict[str, Any]) -> None:
    """Prints what became of images that were encoded and decoded.

    Args:
        summary: What `FlowTrainer.infer` returns.

    Example:
        >>> print_encoding({"num_images": 2, "path": "inference.npz", "max_difference": 0,
        ...                 "test_bits_per_dim": 4.5})
        2 images, latents and decoded images: inference.npz
        Largest difference of a decoded pixel value: 0
        Held-out bits/dim: 4.5000
    """
    print("{num_images} images, latents and decoded images: {path}".format(**summary))
    print("Largest difference of a decoded pixel value: {max_difference}".format(**summary))
    print("Held-out bits/dim: {test_bits_per_dim:.4f}".format(**summary))
    _print_class_error(summary)


def _print_class_error(summary: Dict[str, Any]) -> None:
    if "test_class_error" in summary:
        print("Held-out classification error: {test_class_error:.4f}".format(**summary))
