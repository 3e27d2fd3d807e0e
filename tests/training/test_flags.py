import dataclasses

import pytest

from genflow.training import flag, parse_flags


@dataclasses.dataclass
class Config:
    n_levels: int = flag(3, "levels")
    lr: float = flag(0.001, "learning rate")
    learntop: bool = flag(False, "learn the top prior: 100% of it")
    problem: str = flag("cifar10", "images", choices=["cifar10", "photos"])


def test_defaults_types_and_beginnings_of_names():
    assert parse_flags(Config, []) == Config(3, 0.001, False, "cifar10")
    argv = ["--n_level", "2", "--lr=1", "--learntop", "--problem", "photos"]
    config = parse_flags(Config, argv)
    assert config == Config(2, 1.0, True, "photos")
    assert isinstance(config.lr, float)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--depths", "2"], "unrecognized arguments: --depths"),
        (["--n_levels", "two"], "invalid int value: 'two'"),
        (["--problem", "faces"], "invalid choice: 'faces'"),
    ],
)
def test_refuses_bad_flags(argv, message, capsys):
    with pytest.raises(SystemExit):
        parse_flags(Config, argv)
    assert message in capsys.readouterr().err


def test_help_explains_every_flag(capsys):
    with pytest.raises(SystemExit):
        parse_flags(Config, ["--help"], description="A model.\n\nRuns:\n    like this")
    text = capsys.readouterr().out
    assert "Runs:\n    like this" in text
    for words in ("--n_levels", "levels (default: 3)", "100% of it", "images (default: 'cifar10')"):
        assert words in text
