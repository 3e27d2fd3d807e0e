"""Checks of options that name a file or a folder."""

import json
import os

from genflow.ascend.mixed_list import read_mixed_list
from genflow.ascend.option_refusals import refusal
from genflow.ascend.options import Option


def _check_directory(option: Option, path: str) -> None:
    if not os.path.isdir(path) or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        fault = "it may not be used: change its mode" if os.path.isdir(path) else "make it first"
        raise ValueError(refusal(option, "a folder that is there to read and write", path, fault))


def _check_folder(option: Option, path: str) -> None:
    if not path or (os.path.exists(path) and not os.path.isdir(path)):
        raise ValueError(refusal(option, "a folder, there or not", path, "give another path"))


def _check_file(option: Option, path: str) -> None:
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        raise ValueError(refusal(option, "a file that can be read", path, "write it first"))


def _check_json_file(option: Option, path: str) -> None:
    _check_file(option, path)
    try:
        with open(path, encoding="utf-8") as file:
            contents = json.load(file)
        if not isinstance(contents, dict):
            raise TypeError("it holds a {}".format(type(contents).__name__))
    except (ValueError, TypeError, RecursionError) as error:
        remedy = "mend the file ({}); JSON has no comments".format(error)
        raise ValueError(refusal(option, "a file with a JSON object", path, remedy)) from error


def _check_mixed_list(option: Option, path: str) -> None:
    _check_file(option, path)
    try:
        read_mixed_list(path)
    except (ValueError, RecursionError) as error:
        remedy = "mend the file ({})".format(error)
        raise ValueError(refusal(option, "the file of a mixed list", path, remedy)) from error


PATH_CHECKS = {
    "directory": _check_directory,
    "folder": _check_folder,
    "file": _check_file,
    "json_file": _check_json_file,
    "mixed_list": _check_mixed_list,
}
