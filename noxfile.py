"""Tests on the oldest and newest supported versions: `nox --list`, `nox -s "tests(oldest)"`."""

import nox

nox.options.default_venv_backend = "venv"  # virtualenv no longer makes environments for 3.7.
nox.options.error_on_missing_interpreters = True

RUNTIMES = [
    nox.param("3.7", "1.15.*", id="reference"),
    nox.param("3.9", "2.20.*", id="oldest"),
    nox.param("3.13", "2.*", id="newest"),
]


@nox.session
@nox.parametrize("python,tensorflow", RUNTIMES)
def tests(session, tensorflow):
    session.install("--upgrade", "pip")
    session.install("--editable", ".[test]", "tensorflow==" + tensorflow)
    session.run("python", "-m", "pytest", "-m", "not slow", *session.posargs)


@nox.session(python="3.11")
def lint(session):
    session.install("--editable", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python="3.11")
def docs(session):
    session.install("--editable", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")
