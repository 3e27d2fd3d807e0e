import logging
import os
import sys
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tensorflow.compat.v1 as tf

from tests.modes import MODES

logging.getLogger("tensorflow").setLevel(logging.ERROR)
# TensorFlow 1.15 executes eagerly only when told so, once, before anything else.
tf.enable_eager_execution()
# Most functions here run once or twice: see `_unoptimized` in `tests.modes`.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
# No test takes the NPU of the host: a stand-in takes its place, see `tests.ascend`.
sys.modules.update(npu_bridge=None, hccl=None)


@pytest.fixture(params=MODES, ids=[mode.name for mode in MODES])
def mode(request):
    """A way to run layers, entered: see `tests.modes`."""
    with request.param() as entered:
        yield entered


@pytest.fixture(autouse=True)
def no_global_seed():
    """No test inherits the global seed that another has set."""
    tf.set_random_seed(None)
