"""Sphinx configuration: `make docs`."""

import re

from genflow import __version__

project = "genflow"
author = "the genflow authors"
copyright = author
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "furo"
html_title = "genflow {}".format(release)
exclude_patterns = ["_build"]

# In docstrings, single backticks mean code.
default_role = "code"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autoclass_content = "both"
autodoc_default_options = {
    "members": True,
    "show-inheritance": True,
    "special-members": "__call__",
}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = [("Shapes", "params_style")]

URL_AT_END = re.compile(r"https?://\S+$")


def setup(app):
    # Before napoleon, whose priority is 500.
    app.connect("autodoc-process-docstring", prepare_docstring, priority=400)
    app.connect("autodoc-skip-member", skip_fields_of_named_tuples)


def prepare_docstring(app, what, name, obj, options, lines):
    """Makes indented formulas literal, and each reference a paragraph of its own."""
    prepared = []
    for index, line in enumerate(lines):
        if begins_formula(lines, index):
            indent = " " * indentation(last_text(lines, index))
            prepared += [indent + "::", ""]
        prepared.append(line)
        if URL_AT_END.search(line) and lines[index + 1 : index + 2] not in ([], [""]):
            prepared.append("")
    lines[:] = prepared


def begins_formula(lines, index):
    """Whether a line is indented further than the paragraph that a blank line separates it from."""
    if index < 2 or not lines[index].strip() or lines[index - 1].strip():
        return False
    return indentation(lines[index]) > indentation(last_text(lines, index))


def last_text(lines, index):
    return next((line for line in reversed(lines[:index]) if line.strip()), "")


def indentation(line):
    return len(line) - len(line.lstrip())


def skip_fields_of_named_tuples(app, what, name, obj, skip, options):
    """The class docstring explains them."""
    return True if type(obj).__name__ == "_tuplegetter" else skip
