"""Writes the golden outputs: `python -m tests.conformance.write_goldens`.

They are a few numbers per case, for perturbed weights, in float64, the same for every mode and
every TensorFlow. Write them again only where the mathematics was meant to change.
"""

import json
import pathlib

import numpy as np
import tensorflow.compat.v2 as tf
import tree

from tests.conformance.cases import LAYERS, NETWORKS
from tests.conformance.evaluate import evaluate
from tests.modes import Eager

PATH = pathlib.Path(__file__).with_name("goldens.json")
NUM_OUTPUTS = 5


def summary(evaluation):
    """Outputs from the first to the last, evenly spaced, and the sum of the log-determinants."""
    y, *log_det = evaluation.outputs
    y = np.concatenate([output.ravel() for output in tree.flatten(y)])
    places = np.linspace(0, len(y) - 1, NUM_OUTPUTS).astype(int)
    numbers = {"y": [rounded(number) for number in y[places]]}
    if log_det:
        numbers["log_det"] = rounded(np.sum(log_det))
    return numbers


def rounded(number):
    return float("{:.10g}".format(number))


def main():
    tf.compat.v1.enable_eager_execution()
    goldens = {case.name: summary(evaluate(case, Eager)) for case in LAYERS + NETWORKS}
    lines = ["  {}: {}".format(json.dumps(k), json.dumps(goldens[k])) for k in sorted(goldens)]
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
