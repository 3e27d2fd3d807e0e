"""Scalars and pictures for TensorBoard."""

from typing import Dict

import tensorflow.compat.v2 as tf


class TensorBoardLog:
    """Writes an event file that TensorBoard reads: `tensorboard --logdir <run_dir>`.

    A run that goes on from a step tells TensorBoard to forget what a broken-off process
    has written of later ones.

    Example:
        >>> import tempfile
        >>> with tf.Graph().as_default():
        ...     log = TensorBoardLog(tempfile.mkdtemp(), first_step=0)
        ...     log.scalars(1, {"train_bits_per_dim": 4.5})
        ...     log.close()

    References:
        Abadi et al., TensorFlow, 2016, section 9.1. https://arxiv.org/abs/1603.04467
    """

    def __init__(self, run_dir: str, first_step: int) -> None:
        """Starts the file; the default graph must be one, not that of eager execution.

        Args:
            run_dir: Folder of the run.
            first_step: Steps made before.
        """
        self._writer = tf.compat.v1.summary.FileWriter(run_dir)
        start = tf.compat.v1.SessionLog(status=tf.compat.v1.SessionLog.START)
        self._writer.add_session_log(start, first_step + 1)

    def scalars(self, step: int, values: Dict[str, float]) -> None:
        """Writes numbers by name."""
        summary = tf.compat.v1.Summary()
        for tag, value in sorted(values.items()):
            summary.value.add(tag=tag, simple_value=value)
        self._writer.add_summary(summary, step)
        self._writer.flush()  # A killed process leaves what it has made.

    def picture(self, step: int, tag: str, path: str) -> None:
        """Writes a picture that is there as a PNG file."""
        from PIL import Image

        with Image.open(path) as image:
            width, height = image.size
        with open(path, "rb") as file:
            encoded = file.read()
        image = tf.compat.v1.Summary.Image(
            width=width, height=height, colorspace=3, encoded_image_string=encoded
        )
        summary = tf.compat.v1.Summary()
        summary.value.add(tag=tag, image=image)
        self._writer.add_summary(summary, step)
        self._writer.flush()

    def close(self) -> None:
        """Writes out what is left."""
        self._writer.close()
