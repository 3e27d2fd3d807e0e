"""Every row of the table of options, one by one."""

import collections
import json
import os
import warnings

import pytest
import tensorflow.compat.v1 as tf

from genflow.ascend import OPTIONS, effective_options, session_config
from genflow.ascend.cann_release import release_order
from tests.ascend.option_samples import SAMPLES

ROWS = [pytest.param(OPTIONS[key], SAMPLES.get(key), id=key) for key in OPTIONS]
# All values of a bool are good; those of another type are tested below.
ROWS_WITH_BAD_VALUES = [row for row in ROWS if row.values[0].type != "b"]
WRONG_TYPES = {
    "b": [1, 0, "true", 1.0, b"1"],
    "i": [True, "1", 1.0, [1]],
    "s": [True, 1, 1.0, b"1", ["1"]],
}
# These may be given as objects as well.
WRONG_OBJECTS = {
    "dump_step": [True, 1.5, b"1", [True], {"3": 5}],
    "profiling_options": [True, 1, b"{}", {"task_time": True}],
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ["AOE_MODE", "PROFILING_MODE"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def real(tmp_path):
    """A function that puts paths in place of what stands for them."""
    paths = {"BROKEN_JSON_FILE": tmp_path / "broken", "JSON_FILE": tmp_path / "ops_info.json"}
    paths["BROKEN_JSON_FILE"].write_text("// no comments\n{}")
    paths["JSON_FILE"].write_text('{"black-list": {"to-add": ["Log"]}}')
    (tmp_path / "options.cfg").write_text("")
    paths.update(FILE=tmp_path / "options.cfg", FOLDER=tmp_path)

    def replaced(value):
        if isinstance(value, dict):
            return {key: replaced(of_key) for key, of_key in value.items()}
        if isinstance(value, str):
            for name, path in paths.items():
                value = value.replace(name, str(path))
        return value

    return replaced


def made(option, value, sample, real):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = dict(real(sample.needs), **{option.key: value})
        return session_config(options=options, **sample.target)


def test_there_are_as_many_options_as_the_adapter_has():
    assert len(OPTIONS) == 113
    assert list(OPTIONS) == list(SAMPLES)
    assert len(ROWS_WITH_BAD_VALUES) == 113 - 23
    live = [o for o in OPTIONS.values() if o.lifetime.since and not o.lifetime.until]
    assert collections.Counter(option.type for option in live) == {"s": 61, "i": 24, "b": 21}


@pytest.mark.parametrize(("option", "sample"), ROWS)
def test_accepted_values_reach_the_adapter_in_its_field(option, sample, real):
    for value in map(real, sample.good):
        config = made(option, value, sample, real)
        again = tf.ConfigProto.FromString(config.SerializeToString())

        (entry,) = again.graph_options.rewrite_options.custom_optimizers
        assert entry.name == "NpuOptimizer"
        assert entry.parameter_map[option.key].WhichOneof("value") == sample.type
        assert effective_options(again)[option.key] == value
        assert type(effective_options(again)[option.key]) is type(value)


@pytest.mark.parametrize(("option", "sample"), ROWS_WITH_BAD_VALUES)
def test_a_bad_value_is_refused_by_name(option, sample, real):
    with pytest.raises(
        ValueError, match=r"`{}` must be .+; got .+: .+\. The ad".format(option.key)
    ):
        made(option, real(sample.bad), sample, real)


@pytest.mark.parametrize(("option", "sample"), ROWS)
def test_another_type_is_refused_by_name(option, sample, real):
    for value in WRONG_OBJECTS.get(option.key, WRONG_TYPES[option.type]):
        with pytest.raises(TypeError, match="`{}` must be .+; got .+: ".format(option.key)):
            made(option, value, sample, real)


@pytest.mark.parametrize(("option", "sample"), ROWS)
def test_the_field_of_another_type_is_refused(option, sample):
    for field, value in {"b": True, "i": 1, "s": b"1", "f": 1.0}.items():
        config = tf.ConfigProto()
        entry = config.graph_options.rewrite_options.custom_optimizers.add(name="NpuOptimizer")
        setattr(entry.parameter_map[option.key], field, value)
        if field == sample.type:
            assert option.key in effective_options(config)
        else:
            with pytest.raises(
                TypeError, match="`{}` must be .+ the field `.{}`".format(option.key, sample.type)
            ):
                session_config(config=config)


@pytest.mark.parametrize(("option", "sample"), ROWS)
def test_a_row_says_what_holds(option, sample, real, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert option.on_invalid in ("none", "error", "abort", "clamp")
    assert (option.kind == "bool") == (option.type == "b")
    for release in filter(None, option.lifetime):
        release_order(release)
    if option.default is not None:
        made(option, option.default, sample, real)


@pytest.mark.parametrize("key", sorted(key for key in SAMPLES if not SAMPLES[key].good))
def test_what_no_release_reads_is_refused(key):
    with pytest.raises(ValueError, match="`{}` would have no effect: no release".format(key)):
        session_config(options={key: True})


@pytest.mark.parametrize("key", sorted(k for k in OPTIONS if OPTIONS[k].lifetime.until))
def test_what_was_removed_is_refused(key):
    for target in [{}, {"cann": "9.0.0"}]:
        with pytest.raises(
            ValueError, match="`{}` would have no effect: CANN reads it up".format(key)
        ):
            session_config(options={key: "any"}, **target)


@pytest.mark.parametrize("key", sorted(k for k in OPTIONS if OPTIONS[k].deprecated))
def test_what_is_deprecated_is_warned_of(key, real):
    sample = SAMPLES[key]
    options = dict(real(sample.needs), **{key: real(sample.good[0])})
    expected = "`{}` is deprecated: ".format(key)
    with pytest.warns(UserWarning, match=expected) as caught:
        session_config(options=options, **sample.target)

    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("key", sorted(k for k in OPTIONS if OPTIONS[k].lifetime.since))
def test_what_a_release_has_not_yet_is_refused(key, real):
    option, sample = OPTIONS[key], SAMPLES[key]
    target = dict(sample.target, cann=option.lifetime.not_in or "20.1")
    expected = "`{}` would .+ since {}".format(key, option.lifetime.since)
    with pytest.raises(ValueError, match=expected):
        session_config(options={key: real(sample.good[0])}, **target)


def test_the_table_is_json_beside_the_code():
    from genflow.ascend import options

    with open(os.path.join(os.path.dirname(options.__file__), "option_table.json")) as file:
        table = json.load(file)
    assert [row["key"] for row in table["options"]] == list(OPTIONS)
    assert "9.0.0" in table["source"]
