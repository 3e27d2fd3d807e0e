import logging

import pytest

from genflow.training import (
    NonFiniteError,
    TrainingStopped,
    print_encoding,
    print_summary,
    run_command,
)

SUMMARY = {"num_steps": 30, "test_bits_per_dim": 4.25, "pictures": {"sample grid": "a/b.png"}}


def failing(error):
    def command():
        raise error

    return command


def test_returns_what_the_command_returns_and_quietens_tensorflow():
    logger = logging.getLogger("tensorflow")
    logger.setLevel(logging.INFO)
    assert run_command(lambda: SUMMARY, "--resume") is SUMMARY
    assert logger.level == logging.ERROR


@pytest.mark.parametrize(
    "error",
    [OSError("No room: make some."), ValueError("No room: make some."), NonFiniteError("No room")],
)
def test_an_error_is_one_sentence(error):
    with pytest.raises(SystemExit) as status:
        run_command(failing(error), "--resume")
    # Python prints a text on stderr, and exits with 1.
    assert status.value.code == str(error)


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 / 0)


@pytest.mark.parametrize(
    ("stopped", "how_to_go_on", "code", "sentence"),
    [
        (
            TrainingStopped(15),
            "--load_params=1",
            143,
            "Training was stopped by SIGTERM; with --load_params=1 the same command goes on.\n",
        ),
        (
            KeyboardInterrupt(),
            "--resume",
            130,
            "Training was stopped; with --resume the same command goes on.\n",
        ),
        (TrainingStopped(2), None, 130, "The command was stopped by SIGINT.\n"),
    ],
)
def test_a_signal_says_how_to_go_on(stopped, how_to_go_on, code, sentence, capsys):
    with pytest.raises(SystemExit) as status:
        run_command(failing(stopped), how_to_go_on)
    assert status.value.code == code
    assert capsys.readouterr().out == sentence


def test_a_summary_says_what_there_is(capsys):
    print_summary(SUMMARY)
    assert capsys.readouterr().out == (
        "Held-out bits/dim after 30 steps: 4.2500\nLook at:\n  sample grid         a/b.png\n"
    )
    averages = {"test_bits_per_dim_raw": 4.25, "test_bits_per_dim_average": 4.2}
    print_summary(dict(SUMMARY, test_class_error=0.5, **averages))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == [
        "  of the weights as they are 4.2500, averaged 4.2000",
        "Held-out classification error: 0.5000",
    ]


def test_an_encoding_says_what_there_is(capsys):
    summary = {"num_images": 2, "path": "x.npz", "max_difference": 0, "test_bits_per_dim": 3.0}
    print_encoding(dict(summary, test_class_error=0.25))
    assert capsys.readouterr().out == (
        "2 images, latents and decoded images: x.npz\n"
        "Largest difference of a decoded pixel value: 0\n"
        "Held-out bits/dim: 3.0000\nHeld-out classification error: 0.2500\n"
    )
