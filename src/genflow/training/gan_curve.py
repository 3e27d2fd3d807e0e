"""The curves of a GAN's run."""

from typing import Dict, List, Tuple

import numpy as np

from genflow.training.images import save_figure
from genflow.training.log_points import log_points
from genflow.training.run_log import read_log

# Of each panel: its label, and what it shows by the name in the log.
_PANELS = (
    ("loss", {"train_discriminator_loss": "discriminator", "train_generator_loss": "generator"}),
    (
        "judged real with probability",
        {"train_real_probability": "real images", "train_fake_probability": "generated images"},
    ),
    (
        "accuracy",
        {"train_accuracy": "labelled images, in training", "test_accuracy": "held-out images"},
    ),
    ("FID", {"test_fid": "generated images", "test_real_fid": "held-out images"}),
)

# Any of these makes a picture.
CURVE_KEYS = tuple(key for _, names in _PANELS for key in names)


def save_gan_curves(log_path: str, path: str) -> None:
    """Draws the losses, what the discriminator believes, accuracy and FID against the step.

    A discriminator that tells nothing apart believes 0.5 of both, one that has won 1 and 0. The
    FID of held-out real images is what a perfect generator would have. What the log does not
    have is left out.

    Args:
        log_path: File of JSON lines, as `RunLog` writes it.
        path: PNG file to write.

    Raises:
        ValueError: If the log has none of these values.

    Example:
        >>> import os, tempfile
        >>> from genflow.training import RunLog
        >>> folder = tempfile.mkdtemp()
        >>> log_path = os.path.join(folder, "log.jsonl")
        >>> RunLog(log_path).write({"step": 1, "train_generator_loss": 0.7})
        >>> save_gan_curves(log_path, os.path.join(folder, "curves.png"))
    """
    from matplotlib.figure import Figure

    records = read_log(log_path)
    panels = [(label, _curves(records, names)) for label, names in _PANELS]
    panels = [(label, curves) for label, curves in panels if curves]
    if not panels:
        raise ValueError("{} has no values of a GAN's training.".format(log_path))
    figure = Figure(figsize=(7, 2.5 * len(panels)), dpi=100)
    for index, (label, curves) in enumerate(panels, 1):
        axes = figure.add_subplot(len(panels), 1, index)
        for name, (steps, values) in curves.items():
            axes.plot(steps, values, "o-" if len(steps) < 30 else "-", label=name, markersize=3)
        axes.set_ylabel(label)
        axes.grid(True, alpha=0.3)
        axes.legend()
    axes.set_xlabel("step")
    figure.tight_layout()
    save_figure(figure, path)


def _curves(records: List[dict], names: Dict[str, str]) -> Dict[str, Tuple[np.ndarray, np.ndarray]]:
    curves = {name: log_points(records, key) for key, name in names.items()}
    return {name: (steps, values) for name, (steps, values) in curves.items() if len(steps)}
