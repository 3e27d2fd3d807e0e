"""What the trainers of all models have in common."""

import os
from typing import Any, Callable, ContextManager, Dict, Optional, Sequence

import tensorflow.compat.v2 as tf

from genflow.ascend.backends import NPU, find_backend
from genflow.ascend.precision import npu_dtype
from genflow.ascend.session import BackendSession
from genflow.core import Module
from genflow.core.checks import check_positive_integer
from genflow.training.checkpoints import Checkpoints, OpenSession, Session
from genflow.training.journal import Journal
from genflow.training.loop import Updates
from genflow.training.meter import Meter
from genflow.training.minimizer import Minimizer, trainable_variables
from genflow.training.minimizer_checks import check_backend, check_processes
from genflow.training.report import Report
from genflow.training.reported_loop import Observer, run_reported_loop
from genflow.training.run_lock import run_lock
from genflow.training.saturation import find_saturated_gradient
from genflow.training.schedules import Schedule, every
from genflow.training.stop_signals import StopSignals

# Where an update that is not finite ends training, this is what is left.
_NOTHING_ELSE = (
    "layers and gradients are finite, but not the loss or the sum of the gradients' squares"
)


class Trainer:
    """Trains the model of a graph, and reports what it does.

    Subclasses build the graph, and write `_updates`, `_initialize` and `_diagnose`.
    """

    # The metric in the progress bar, and its unit there.
    _shown, _unit = "loss", ""
    _default_evaluation = staticmethod(every(1000))

    def __init__(
        self,
        checkpoints: Checkpoints,
        batch_size: int,
        open_session: Optional[OpenSession],
        show_progress: bool,
    ) -> None:
        """Takes what all trainers need.

        The subclass then makes `_graph`, with everything in it, `tensors`, with the `iterator`
        of the data and the `modules`, and `_journal`.
        """
        self.checkpoints, self.batch_size = checkpoints, batch_size
        self._open_session, self.show_progress = open_session, show_progress
        self._has_trained = False
        self._folders: Sequence[str] = ()  # Made when training starts.
        self._minimizers: Sequence[Minimizer] = ()
        self._graph: tf.Graph
        self._start_average: tf.Operation
        self._journal: Journal
        self.tensors: Any

    @property
    def state(self) -> dict:
        """What the checkpoints hold beside the variables; observers may keep theirs in it."""
        return self.checkpoints.state

    def write(self, message: str) -> None:
        """Prints a line, above the progress bar; nothing without `show_progress`."""
        self._journal.write(message)

    def train(
        self,
        num_steps: int,
        evaluate_at: Optional[Schedule] = None,
        sample_at: Optional[Schedule] = None,
        log_every: int = 50,
        checkpoint_every: int = 1000,
        max_seconds: Optional[float] = None,
        observers: Sequence[Observer] = (),
        when_open: Optional[Callable[[], None]] = None,
    ) -> Dict[str, Any]:
        """Trains, evaluates and draws on the way and at the end.

        Ctrl-C and SIGTERM end it between two steps, with a checkpoint.

        Args:
            num_steps: Where to stop, counted from the start of the run.
            evaluate_at: From the number of steps made to whether the model is evaluated; by
                default every 1000 for a flow, and only at the end for a GAN.
            sample_at: The same for pictures and the learning curve; by default every 1000.
            log_every: Steps over which the logged training metrics are averaged; at least 1.
            checkpoint_every: Steps between checkpoints; 0 for none on the way.
            max_seconds: Stop training after this time.
            observers: Called after each step; again for the same step, should a later one of
                them have raised an error and the run go on.
            when_open: Called once, when it is certain that the run can go on, before anything
                in its folder is changed.

        Returns:
            `num_steps` made; `pictures`, the paths of the last ones by what they show;
            `train_<metric>`, of the metric in the progress bar, as last logged; and
            `test_<metric>` for all that was evaluated.

        Raises:
            NonFiniteError: If a loss or a gradient is not finite. The message names the place,
                and the last checkpoint stays.
            TrainingStopped: If a signal came.
            OSError: If another process is training in the folder.
            RuntimeError: If called twice.
            ValueError: If `log_every` is not positive; if a minimizer is not for what the session
                runs on, or is for one of several NPUs.
        """
        check_positive_integer(log_every, "log_every")
        if self._has_trained:
            raise RuntimeError("A trainer trains once: a new one goes on from the checkpoint.")
        # Before a session starts the NPU, and changes the folder of the run.
        check_processes(self._minimizers)
        if self._open_session is None:
            check_backend(self._minimizers, find_backend())
        self._has_trained = True
        evaluate_at, sample_at = evaluate_at or self._default_evaluation, sample_at or every(1000)

        def report(step: int, session: Session, is_last: bool) -> Report:
            evaluate, sample = is_last or evaluate_at(step), is_last or sample_at(step)
            return self._journal.report(step, session, meter, stop, evaluate, sample)

        for folder in self._folders:
            os.makedirs(folder, exist_ok=True)
        with run_lock(self.checkpoints.run_dir), StopSignals() as stop, self._meter(
            log_every, num_steps
        ) as meter, self._graph.as_default(), self._open() as session:
            if isinstance(session, BackendSession):
                check_backend(self._minimizers, session.backend)
            if when_open is not None:
                when_open()
            with self._journal.opened():
                step, last = run_reported_loop(
                    self._updates(),
                    num_steps,
                    self.checkpoints,
                    session,
                    meter,
                    report,
                    stop,
                    observers=observers,
                    checkpoint_every=checkpoint_every,
                    max_seconds=max_seconds,
                    diagnose=self._diagnose,
                )
                summary = self._journal.summary(step, last, session, meter, stop)
        shown = "train_" + self._shown
        return dict(summary, num_steps=step, **{shown: meter.last.get(shown)})

    def _place(
        self,
        bad: str,
        find_layer: Callable[[tf.DType], str],
        session: Session,
        feed: Optional[dict] = None,
    ) -> str:
        """What there is to say of an update that was not made.

        Where networks compute in a type of 16 bits, and a loss scale says that something may
        reach its end, also the layer that does, or else the gradient.

        Args:
            bad: What is not finite, or an empty string.
            find_layer: From the type to the layer that saturates, or an empty string.
            session: With the weights in question.
            feed: What the gradients are computed from.
        """
        scales = [each.loss_scale for each in self._minimizers if each.loss_scale is not None]
        dtype = _computed_in(session)
        found = ""
        if scales and dtype != tf.float32:
            gradients = {}  # type: Dict[str, tf.Tensor]
            for minimizer in self._minimizers:
                gradients.update(minimizer.scaled_gradients())
            found = find_layer(dtype) or find_saturated_gradient(gradients, session, feed, dtype)
        place = "; ".join(phrase for phrase in (bad, found) if phrase)
        if not place and not any(scale.enable_overflow_check for scale in scales):
            return _NOTHING_ELSE
        return place

    def _hold(self, state: Dict[str, tf.Variable], average: Optional[Any], config: Any) -> None:
        """Takes what checkpoints hold; the average starts as the weights."""
        self._start_average = tf.no_op() if average is None else average.start()
        self.checkpoints.hold(state, config)

    def _images_per_step(self) -> int:
        return self.batch_size

    def _updates(self) -> Updates:
        raise NotImplementedError("`{}` has no `_updates`.".format(type(self).__name__))

    def _initialize(self, session: Session) -> None:
        raise NotImplementedError("`{}` has no `_initialize`.".format(type(self).__name__))

    def _diagnose(self, step: int, session: Session) -> str:
        raise NotImplementedError("`{}` has no `_diagnose`.".format(type(self).__name__))

    def _meter(self, log_every: int, num_steps: int) -> Meter:
        return Meter(
            self._journal.record,
            self._shown,
            self._unit,
            self._images_per_step(),
            log_every,
            self.checkpoints.step,
            num_steps,
            self.state.setdefault("meter", {}),
            self.show_progress,
        )

    def _open(self, read_only: bool = False) -> ContextManager[Session]:
        return self.checkpoints.open(
            self._initialize, self.tensors.iterator.initializer, self._open_session, read_only
        )


def _computed_in(session: Session) -> tf.DType:
    """The type in which a session computes networks."""
    if not isinstance(session, BackendSession):
        return tf.float32
    name = session.precision.dtype
    return tf.as_dtype(npu_dtype(session.effective_options) if name == NPU else name)


def count_parameters(modules: Dict[str, Module]) -> int:
    """How many numbers are trained."""
    variables = trainable_variables(modules).values()
    return sum(variable.shape.num_elements() for variable in variables)
