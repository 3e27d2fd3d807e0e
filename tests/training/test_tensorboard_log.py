import os

import numpy as np
import tensorflow.compat.v2 as tf
from PIL import Image

from genflow.training import TensorBoardLog


def events(folder):
    found = []
    for name in sorted(os.listdir(str(folder))):
        if "tfevents" in name:
            found += list(tf.compat.v1.train.summary_iterator(os.path.join(str(folder), name)))
    return found


def test_writes_scalars_and_pictures(tmp_path):
    path = str(tmp_path / "grid.png")
    Image.fromarray(np.full([4, 6, 3], 7, np.uint8)).save(path)
    with tf.Graph().as_default():
        log = TensorBoardLog(str(tmp_path), first_step=0)
        log.scalars(3, {"train_loss": 2.5, "images_per_second": 10.0})
        log.picture(3, "samples", path)
        log.close()
    values = [(event.step, value) for event in events(tmp_path) for value in event.summary.value]
    scalars = {value.tag: value.simple_value for _, value in values if not value.image.width}
    assert scalars == {"train_loss": 2.5, "images_per_second": 10.0}
    image = [value.image for step, value in values if value.tag == "samples"][0]
    assert (image.width, image.height) == (6, 4)
    with open(path, "rb") as file:
        assert image.encoded_image_string == file.read()
    assert {step for step, _ in values} == {3}


def test_tells_tensorboard_to_forget_what_is_made_again(tmp_path):
    with tf.Graph().as_default():
        TensorBoardLog(str(tmp_path), first_step=20).close()
    logs = [e for e in events(tmp_path) if e.HasField("session_log")]
    assert [event.step for event in logs] == [21]
    assert logs[0].session_log.status == tf.compat.v1.SessionLog.START
