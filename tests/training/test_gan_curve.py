import os

import matplotlib.figure
import numpy as np
import pytest

from genflow.training import RunLog, save_gan_curves, save_learning_curve


@pytest.fixture
def log(tmp_path):
    return RunLog(str(tmp_path / "log.jsonl"))


@pytest.fixture
def figures(monkeypatch):
    """The figures made from now on."""
    made = []

    class Figure(matplotlib.figure.Figure):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            made.append(self)

    monkeypatch.setattr(matplotlib.figure, "Figure", Figure)
    return made


def curves(figure):
    """By the label of each panel, its curves."""
    return {
        axes.get_ylabel(): {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
        for axes in figure.axes
    }


def test_accuracy_has_a_panel(tmp_path, log, figures):
    log.write({"step": 1, "train_accuracy": 0.25, "train_generator_loss": 2.0})
    log.write({"step": 2, "train_accuracy": 1.0, "test_accuracy": 0.5})
    path = str(tmp_path / "curves.png")

    save_gan_curves(log.path, path)

    assert os.path.getsize(path)
    assert curves(figures[0]) == {
        "loss": {"generator": [[1, 2.0]]},
        "accuracy": {
            "labelled images, in training": [[1, 0.25], [2, 1.0]],
            "held-out images": [[2, 0.5]],
        },
    }


@pytest.mark.parametrize(
    ("save", "key"),
    [(save_gan_curves, "test_fid"), (save_learning_curve, "test_bits_per_dim")],
)
def test_points_are_in_order_and_the_last_of_a_step_counts(tmp_path, log, figures, save, key):
    for record in (
        {"step": 3, key: 9.0},
        {"step": 2, key: 5.0},
        {"step": 3, key: 4.0},
        {"step": 4, key: None},
        {key: 7.0},
    ):
        log.write(record)

    save(log.path, str(tmp_path / "curves.png"))

    np.testing.assert_array_equal(figures[0].axes[0].lines[0].get_xydata(), [[2, 5], [3, 4]])


def test_rejects_a_log_of_something_else(tmp_path, log):
    log.write({"step": 1, "train_bits_per_dim": 3.0})

    with pytest.raises(ValueError, match="has no values of a GAN's training"):
        save_gan_curves(log.path, str(tmp_path / "curves.png"))
