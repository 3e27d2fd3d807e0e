import dataclasses

import pytest

from genflow.training import check_flags, flag, parse_flags


@dataclasses.dataclass
class Config:
    n_levels: int = flag(3, "levels", at_least=1)
    lr: float = flag(0.001, "learning rate", short="l", above=0)
    learntop: bool = flag(False, "learn the top prior: 100% of it", aliases=["learn_top"])
    problem: str = flag("cifar10", "images", choices=["cifar10", "photos"])
    data_dir: str = flag("", "folder with the data", short="i", aliases=["data_url", "data_path"])
    plain: int = 0


def test_defaults_types_and_beginnings_of_names():
    assert parse_flags(Config, []) == Config(3, 0.001, False, "cifar10", "", 0)
    argv = ["--n_level", "2", "--lr=1", "--learntop", "--problem", "photos", "--plain=-1"]
    config = parse_flags(Config, argv)
    assert config == Config(2, 1.0, True, "photos", "", -1)
    assert isinstance(config.lr, float)


@pytest.mark.parametrize(
    "argv", [["-i", "a"], ["-ia"], ["--data_url=a"], ["--data_path", "a"], ["--data_u", "a"]]
)
def test_a_field_has_a_letter_and_other_names(argv):
    assert parse_flags(Config, argv) == Config(data_dir="a")


def test_a_flag_without_value_has_other_names_too():
    assert parse_flags(Config, ["--learn_top"]).learntop is True


@pytest.mark.parametrize("value", ["True", "true", "1"])
@pytest.mark.parametrize("form", ["--learntop={}", "--learntop {}"])
def test_a_flag_without_value_may_have_one(form, value):
    assert parse_flags(Config, form.format(value).split()).learntop is True
    assert parse_flags(Config, ["--learntop=False", "--plain", "2"]).learntop is False


def test_a_flag_of_words_has_any_number_of_them():
    @dataclasses.dataclass
    class Words:
        names: str = flag("", "of images", takes_words=True, aliases=["name"])
        depth: int = 1

    assert parse_flags(Words, "--name 3 14 15 --depth 2".split()) == Words("3 14 15", 2)
    assert parse_flags(Words, ["--names=3,14"]) == Words("3,14")
    assert parse_flags(Words, ["--names"]) == parse_flags(Words, []) == Words("")


def test_what_is_neither_true_nor_false_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse_flags(Config, ["--learntop=maybe"])
    assert "must be true or false; got 'maybe'" in capsys.readouterr().err


def test_the_last_value_counts():
    assert parse_flags(Config, ["--lr=1", "--lr", "2", "--learntop", "--learntop"]).lr == 2.0
    assert parse_flags(Config, ["--n_levels=1", "--n_lev", "2"]).n_levels == 2


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--depths", "2"], "unrecognized arguments: --depths"),
        (["--n_levels", "two"], "invalid int value: 'two'"),
        (["--problem", "faces"], "invalid choice: 'faces'"),
        (
            ["--data_dir=a", "--data_url=b"],
            "--data_url and --data_dir name one thing: pass one.",
        ),
        (["--data_path=a", "-i", "b"], "-i and --data_path name one thing: pass one."),
        (["--learn_top", "--learntop"], "--learntop and --learn_top name one thing: pass one."),
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
    for name in ("-i ", "--data_dir ", "--data_url "):
        assert name in text


@pytest.mark.parametrize(
    "config", [Config(), Config(n_levels=1, lr=1e-9, plain=-5, data_dir="C:/a:b//c")]
)
def test_takes_what_is_within_bounds(config):
    check_flags(config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_levels": 0}, "^--n_levels must be at least 1; got 0.$"),
        ({"lr": 0.0}, "^--lr must be above 0; got 0.0.$"),
        ({"lr": -1}, "^--lr must be above 0; got -1.$"),
        ({"lr": float("nan")}, "^--lr must be a finite number; got nan.$"),
        ({"plain": float("inf")}, "^--plain must be a finite number; got inf.$"),
        ({"problem": "faces"}, "^--problem must be one of cifar10, photos; got 'faces'.$"),
        (
            {"data_dir": "s3://bucket"},
            r"^--data_dir \(--data_url, --data_path\) must be a place on this machine; got "
            "s3://bucket: copy or mount it.$",
        ),
    ],
)
def test_refuses_what_a_flag_cannot_be(change, message):
    with pytest.raises(ValueError, match=message):
        check_flags(dataclasses.replace(Config(), **change))
