"""What every run writes while it trains, beside its checkpoints."""

import contextlib
import os
from typing import Any, Dict, Iterator, Optional

from tqdm import tqdm

from genflow.training.checkpoints import Checkpoints
from genflow.training.run_log import RunLog
from genflow.training.tensorboard_log import TensorBoardLog


class Journal:
    """The log of a run, its event file for TensorBoard, and messages above the progress bar."""

    def __init__(
        self, checkpoints: Checkpoints, show_progress: bool, run_dir: Optional[str] = None
    ) -> None:
        """Constructs the journal; nothing is written before it is opened.

        Args:
            checkpoints: Of the run.
            show_progress: Whether there are messages and progress bars.
            run_dir: Where `log.jsonl` and the event file go; by default the folder of the
                checkpoints.
        """
        self._checkpoints, self._show_progress = checkpoints, show_progress
        self._run_dir = checkpoints.run_dir if run_dir is None else run_dir
        self._log, self._board = None, None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Goes on with the log of a run that goes on, and sets another one aside."""
        self._log = RunLog(os.path.join(self._run_dir, "log.jsonl"))
        if self._checkpoints.goes_on:
            self._log.rewind(self._checkpoints.step)
        else:
            self._log.set_aside()
        self._board = TensorBoardLog(self._run_dir, self._checkpoints.step)
        with contextlib.closing(self._board):
            yield

    def write(self, message: str) -> None:
        """Prints a line, above the progress bar; nothing without `show_progress`."""
        if self._show_progress:
            tqdm.write(message)

    def record(self, step: int, values: Dict[str, Any]) -> None:
        """Logs numbers, and in the file also what goes with them."""
        self._log.write(dict({"step": step}, **values))
        numbers = {n: value for n, value in values.items() if isinstance(value, (int, float))}
        self._board.scalars(step, numbers)

    def _show(self, step: int, pictures: Dict[str, str]) -> None:
        """Puts pictures into the event file."""
        for name, picture in pictures.items():
            self._board.picture(step, name.replace(" ", "_"), picture)
