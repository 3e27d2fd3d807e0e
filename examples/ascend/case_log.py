"""What `train_*.sh` say of a run, under the names that scripts for Ascend have for it."""

import os
import platform
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from genflow.data.whole_file import whole_file
from genflow.training.run_log import read_log

# What the adapter prints when it has made a graph ready for the NPU.
COMPILED = "The model has been compiled on the Ascend AI processor"


class Case(NamedTuple):
    """A training, in a few numbers.

    Attributes:
        images_per_second: Without the first steps, in which graphs are compiled; `None` if the log
            has no rate.
        losses: Every one in the log.
        accuracy: The last one in the log, if there is one.
    """

    images_per_second: Optional[float]
    losses: Sequence[float]
    accuracy: Optional[float]


def read_case(log: str, loss: str, accuracy: str) -> Case:
    """Reads what a run has logged.

    Args:
        log: Its log.jsonl.
        loss: Name of the loss in it.
        accuracy: Name of what says how good the model is.
    """
    records = read_log(log)
    accuracies = _values(records, accuracy)
    return Case(
        images_per_second(records),
        _values(records, loss),
        accuracies[-1] if accuracies else None,
    )


def images_per_second(records: Sequence[Dict[str, Any]]) -> Optional[float]:
    """The rate over all steps but those of the first average, if there is another one."""
    before, steps, seconds = 0, 0, 0.0
    timed = [record for record in records if record.get("images_per_second")]
    for record in timed:
        if record is not timed[0] or len(timed) == 1:
            steps += record["step"] - before
            # Of a batch of one image.
            seconds += (record["step"] - before) / record["images_per_second"]
        before = record["step"]
    return steps / seconds if seconds > 0 else None


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
        seconds: How long all of it took.
        more: Further lines, by name.

    Returns:
        The path of the first one.
    """
    name = "{}_bs{}_{}p_{}".format(network, batch_size, num_ranks, kind)
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
    with whole_file(os.path.join(folder, "train_{}_loss.txt".format(name))) as file:
        file.writelines("{}\n".format(loss) for loss in case.losses)
    path = os.path.join(folder, name + ".log")
    with whole_file(path) as file:
        file.writelines("{} = {}\n".format(*item) for item in lines.items())
    return path


def was_compiled(log: str) -> bool:
    """Whether the adapter has said that a graph is on the NPU."""
    with open(log, encoding="utf-8", errors="replace") as file:
        return any(COMPILED in line for line in file)


def _values(records: Sequence[Dict[str, Any]], key: str) -> List[float]:
    return [record[key] for record in records if isinstance(record.get(key), (int, float))]


def _rounded(value: Optional[float], digits: int) -> str:
    """A number in a text; `nan` where there is none, for who reads it expects a number."""
    return "nan" if value is None else "{:.{}f}".format(value, digits)
