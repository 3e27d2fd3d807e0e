import json
import os
import stat
import time

import pytest

from genflow.ascend import MixedList, read_mixed_list, write_mixed_list


def test_writes_what_the_model_zoo_has(tmp_path):
    path = str(tmp_path / "ops_info.json")
    write_mixed_list(path, MixedList(black_add=["MatMulV2"], white_remove=("Add", "Mul")))

    with open(path) as file:
        assert json.load(file) == {
            "black-list": {"to-add": ["MatMulV2"]},
            "white-list": {"to-remove": ["Add", "Mul"]},
        }
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    assert os.listdir(str(tmp_path)) == ["ops_info.json"]


def test_reads_what_it_writes(tmp_path):
    path = str(tmp_path / "ops_info.json")
    made = MixedList(("A",), ("B",), ("C",), ("D",), ("E",), ("F",))
    write_mixed_list(path, made)

    assert read_mixed_list(path) == made


def test_a_refused_list_leaves_the_old_file(tmp_path):
    path = str(tmp_path / "ops_info.json")
    write_mixed_list(path, MixedList(black_add=["Log"]))
    with pytest.raises(ValueError, match="adds 'Exp' to the black and to the white list"):
        write_mixed_list(path, MixedList(black_add=["Exp"], white_add=["Exp"]))

    assert read_mixed_list(path).black_add == ("Log",)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError("no room")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no room"):
        write_mixed_list(str(tmp_path / "ops_info.json"), MixedList(black_add=["Log"]))

    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"black-list": {"to-add": ["Log"]}} // no', "must be JSON, which has no comments"),
        ("[]", "must be an object with any of 'black-list', 'white-list', 'gray-list'; got"),
        ('{"blacklist": {}}', "'blacklist', which nothing would read.* mean 'black-list'"),
        ('{"black-list": {"to_add": []}}', "'to_add', which nothing would read.* 'to-add'"),
        ('{"black-list": ["Log"]}', "'black-list' must be an object"),
        ('{"black-list": {"to-add": "Log"}}', "'to-add' must be a list of types"),
        ('{"black-list": {"to-add": [1]}}', "types of operations, such as 'ReduceSumD'; got 1"),
        ('{"black-list": {"to-add": ["a/b"]}}', "got 'a/b'"),
        ('{"black-list": {"to-add": ["Log", "Log"]}}', "has 'Log' twice: leave one out"),
        ('{"gray-list": {}, "gray-list": {"to-add": ["A"]}}', "an object has 'gray-list' twice"),
        ('{"black-list": {"to-add": ["A"], "to-add": ["B"]}}', "an object has 'to-add' twice"),
        ('{"black-list": ' + "[" * 100000 + "]" * 100000 + "}", "must not be nested so deeply"),
        ('{"black-list": {"to-add": []}}', "must change a list; it changes none: name a type"),
        (
            '{"gray-list": {"to-add": ["Log"], "to-remove": ["Log"]}}',
            "both adds 'Log' to the gray list and removes it: leave",
        ),
    ],
)
def test_rejects_a_file(tmp_path, text, message):
    path = tmp_path / "ops_info.json"
    path.write_text(text)

    with pytest.raises(ValueError, match=message) as error:
        read_mixed_list(str(path))

    assert str(path) in str(error.value)


def test_a_long_list_takes_no_longer_for_each_type(tmp_path):
    path = tmp_path / "ops_info.json"
    names = ["Op{}".format(number) for number in range(50000)]  # Minutes, if compared in pairs.
    path.write_text(json.dumps({"black-list": {"to-add": names}}))
    start = time.process_time()
    assert len(read_mixed_list(str(path)).black_add) == 50000
    assert time.process_time() - start < 5


def test_rejects_a_string_in_place_of_a_list(tmp_path):
    with pytest.raises(ValueError, match="'to-add' must be a list of types"):
        write_mixed_list(str(tmp_path / "ops_info.json"), MixedList(black_add="Log"))
