"""The loop, with a report after the steps that ask for one."""

from typing import Callable, Optional, Sequence, Tuple

from genflow.training.checkpoints import Checkpoints, Session
from genflow.training.loop import Metrics, Updates, run_loop
from genflow.training.meter import Meter
from genflow.training.report import Report
from genflow.training.stop_signals import StopSignals

# Called after each step with its number, its metrics, and what was reported.
Observer = Callable[[int, Metrics, Report], None]

_PENDING = "pending"


def run_reported_loop(
    updates: Updates,
    num_steps: int,
    checkpoints: Checkpoints,
    session: Session,
    meter: Meter,
    report: Callable[[int, Session, bool], Report],
    stop: StopSignals,
    observers: Sequence[Observer] = (),
    checkpoint_every: int = 1000,
    max_seconds: Optional[float] = None,
    diagnose: Optional[Callable[[int, Session], str]] = None,
) -> Tuple[int, Report]:
    """Trains as `run_loop` does; meters, reports and observes every step.

    A step whose report a signal broke off is reported first thing when the run goes on: its
    metrics are in the checkpoint.

    Args:
        updates: See `run_loop`.
        num_steps: See `run_loop`.
        checkpoints: See `run_loop`.
        session: See `run_loop`.
        meter: Takes the metrics of every step.
        report: From the number of steps made, the session, and whether that was the last one, to
            what was reported.
        stop: See `run_loop`.
        observers: Called after each step; again for the same step, should a later one of them
            have raised an error and the run go on.
        checkpoint_every: See `run_loop`.
        max_seconds: See `run_loop`.
        diagnose: See `run_loop`.

    Returns:
        The number of steps made, and what was reported after the last one.
    """
    state, last = checkpoints.state, {}

    def finish_step(step: int, session: Session) -> None:
        made = report(step, session, step >= num_steps)
        for observer in observers:
            observer(step, state[_PENDING], made)
        del state[_PENDING]
        last.clear()
        last[step] = made

    def after_step(step: int, metrics: Metrics, session: Session) -> None:
        meter(step, metrics)
        # Should a signal end the report, the run goes on with it.
        state[_PENDING] = {name: float(value) for name, value in metrics.items()}
        finish_step(step, session)

    if _PENDING in state:
        finish_step(checkpoints.step, session)
        checkpoints.save(session, checkpoints.step)
    step = run_loop(
        updates,
        num_steps,
        checkpoints,
        session,
        callbacks=[after_step],
        checkpoint_every=checkpoint_every,
        max_seconds=max_seconds,
        diagnose=diagnose,
        stop=stop,
    )
    return step, last.get(step, Report())
