"""Checks for bijections, those of genflow and those that users write."""

from genflow.testing.check_bijection import check_bijection
from genflow.testing.judgement import BijectionError
from genflow.testing.report import LayerReport, Report

__all__ = ["BijectionError", "LayerReport", "Report", "check_bijection"]
