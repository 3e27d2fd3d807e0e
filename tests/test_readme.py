"""Runs what README.md and docs/*.md show.

The python blocks of a page are run in order, in one namespace, as a reader would paste them. A
`text` block right after a python block is what that block prints; `...` in it stands for anything.
Commands that run an example must parse.
"""

import contextlib
import dataclasses
import doctest
import importlib
import io
import os
import pathlib
import re
import shlex
import sys
from typing import NamedTuple, Optional

import pytest

from genflow.training import parse_flags

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md"] + sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^```(?P<language>[a-z]+)\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    content: str
    num_lines_before: int
    adjacent: bool  # Whether nothing but blank lines is between it and the block before.


def blocks(page):
    text, end, found = page.read_text(encoding="utf-8"), 0, []
    for match in FENCE.finditer(text):
        found.append(
            Block(
                match.group("language"),
                match.group("content"),
                text.count("\n", 0, match.start("content")),
                not text[end : match.start()].strip(),
            )
        )
        end = match.end()
    return found


def expected_output(following: Optional[Block]):
    if following is None or following.language != "text" or not following.adjacent:
        return None
    return following.content


def pages_with(language):
    pages = [page for page in PAGES if any(b.language == language for b in blocks(page))]
    return pytest.mark.parametrize("page", pages, ids=[page.name for page in pages])


@pytest.fixture(scope="module")
def example():
    """Imports a script of `examples`."""
    sys.path.insert(0, str(ROOT / "examples"))
    yield importlib.import_module
    sys.path.remove(str(ROOT / "examples"))


@pages_with("python")
def test_python_blocks_run_and_print_what_they_show(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    of_page = blocks(page)
    for block, following in zip(of_page, of_page[1:] + [None]):
        if block.language != "python":
            continue
        # Blank lines in front, so that a traceback names the line of the page.
        source = "\n" * block.num_lines_before + block.content
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, str(page), "exec"), namespace)
        expected = expected_output(following)
        if expected is not None:
            matches = doctest.OutputChecker().check_output(expected, printed.getvalue(), OPTIONS)
            assert matches, "{}:{} prints\n{}".format(
                page.name, block.num_lines_before, printed.getvalue()
            )


@pages_with("bash")
def test_commands_that_run_an_example_parse(page, example):
    text = "".join(block.content for block in blocks(page) if block.language == "bash")
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        for position, word in enumerate(words):
            if word.startswith("examples/") and word.endswith(".py"):
                module = example(os.path.splitext(os.path.basename(word))[0])
                config = getattr(module, "ConversionConfig", module.Config)
                parse_flags(config, words[position + 1 :])


@pytest.mark.parametrize(
    ("page", "configs"),
    [
        ("glow.md", [("glow_cifar10", "Config"), ("glow_checkpoint", "ConversionConfig")]),
        ("realnvp.md", [("realnvp_cifar10", "Config")]),
    ],
)
def test_the_page_of_the_example_explains_every_flag(example, page, configs):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    classes = [getattr(example(module), name) for module, name in configs]
    flags = {"`--{}`".format(f.name) for config in classes for f in dataclasses.fields(config)}

    assert sorted(flag for flag in flags if flag not in text) == []


@pages_with("bash")
def test_make_targets_exist(page):
    text = "".join(block.content for block in blocks(page) if block.language == "bash")
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert set(re.findall(r"\bmake ([a-z]+)", text)) <= set(targets)


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
