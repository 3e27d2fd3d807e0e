"""What `train_*.sh` say of a run, under the names that scripts for Ascend have for it."""

import os
import platform
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from genflow.ascend.process_log import STARTED
from genflow.training.run_log import read_log
from genflow.whole_file import whole_file

# What the adapter prints when it has made a graph ready for the NPU.
COMPILED = "The model has been compiled on the Ascend AI processor"


class Case(NamedTuple):
    """A training, in a few numbers.

    Attributes:
        images_per_second: Without the first steps of each start, in which graphs are compiled;
            `None` if the log has no rate.
        losses: Every one in the log.
        accuracy: The last one in the log, if there is one.
    """

    images_per_second: Optional[float]
    losses: Sequence[float]
    accuracy: Optional[float]


def read_case(log: str, loss: str, accuracy: str, starts: Sequence[int] = ()) -> Case:
    """Reads what a run has logged.

    Args:
        log: Its log.jsonl.
        loss: Name of the loss in it.
        accuracy: Name of what says how good the model is.
        starts: The steps after which the run was gone on with.
    """
    records = read_log(log)
    accuracies = _values(records, accuracy)
    return Case(
        images_per_second(records, starts),
        _values(records, loss),
        accuracies[-1] if accuracies else None,
    )


def images_per_second(
    records: Sequence[Dict[str, Any]], starts: Sequence[int] = ()
) -> Optional[float]:
    """The rate over all steps but those of the first average of each start.

    If there are no others, it is over all.

    Args:
        records: Of the log.
        starts: The steps after which the run was gone on with.
    """
    before, steps, seconds = 0, 0, 0.0
    timed = [record for record in records if record.get("images_per_second")]
    later = [[r["step"] for r in timed if r["step"] > start] for start in [0, *starts]]
    first = {after[0] for after in later if after}
    is_all = len(first) == len(timed)
    for record in timed:
        if is_all or record["step"] not in first:
            steps += record["step"] - before
            # Of a batch of one image.
            seconds += (record["step"] - before) / record["images_per_second"]
        before = record["step"]
    return steps / seconds if seconds > 0 else None


def case_name(network: str, batch_size: int, num_ranks: int, kind: str) -> str:
    """What a case is called; see `write_case`."""
    return "{}_bs{}_{}p_{}".format(network, batch_size, num_ranks, kind)


def case_files(folder: str, name: str) -> Tuple[str, str]:
    """The paths of the files that `write_case` writes."""
    names = (name + ".log", "train_{}_loss.txt".format(name))
    return os.path.join(folder, names[0]), os.path.join(folder, names[1])


def write_case(
    folder: str,
    network: str,
    batch_size: int,
    num_ranks: int,
    kind: str,
    case: Case,
    seconds: float,
    more: Optional[Dict[str, Any]] = None,
) -> str:
    """Writes `<case>.log` and `train_<case>_loss.txt`.

    Args:
        folder: Where they go.
        network: Name of the model.
        batch_size: Images in each update, on each device.
        num_ranks: Devices.
        kind: acc or perf.
        case: What the run has logged; the rate is that of all devices.
        seconds: How long this start took, from before the processes were there until the last
            of them has ended: with what is loaded, compiled, measured and drawn, and without
            what an earlier start took.
        more: Further lines, by name.

    Returns:
        The path of the first one.
    """
    name = case_name(network, batch_size, num_ranks, kind)
    rate = case.images_per_second
    milliseconds = None if not rate else 1000.0 * batch_size * num_ranks / rate
    lines: Dict[str, Any] = {
        "Network": network,
        "RankSize": num_ranks,
        "BatchSize": batch_size,
        "DeviceType": platform.machine(),
        "CaseName": name,
        "ActualFPS": _rounded(rate, 2),
        "TrainingTime": _rounded(milliseconds, 2),
        "TrainAccuracy": _rounded(case.accuracy, 4),
        "ActualLoss": _rounded(case.losses[-1] if case.losses else None, 4),
        "E2ETrainingTime": round(seconds),
    }
    lines.update(more or {})
    path, losses = case_files(folder, name)
    with whole_file(losses) as file:
        file.writelines("{}\n".format(loss) for loss in case.losses)
    with whole_file(path) as file:
        file.writelines("{} = {}\n".format(*item) for item in lines.items())
    return path


def was_compiled(log: str) -> bool:
    """Whether the adapter has said that a graph is on the NPU, since the last start."""
    found = False
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            found = (found or COMPILED in line) and not line.startswith(STARTED)
    return found


def _values(records: Sequence[Dict[str, Any]], key: str) -> List[float]:
    return [record[key] for record in records if isinstance(record.get(key), (int, float))]


def _rounded(value: Optional[float], digits: int) -> str:
    """A number in a text; `nan` where there is none, for who reads it expects a number."""
    return "nan" if value is None else "{:.{}f}".format(value, digits)
