r"""Trains one of the four reference models as the scripts beside this file are told to.

    bash examples/ascend/train_full_1p.sh --network=glow --data_path=/data/cifar10
    bash examples/ascend/train_performance_1p.sh --network dcgan --data_path /data --train_steps 500
    bash examples/ascend/train_full_8p.sh --network=realnvp --data_path=/data --backend=cpu

networks: glow, realnvp, dcgan, improved_gan. What follows `--` is passed to the example as it is:

    bash examples/ascend/train_full_1p.sh --network=glow --dataset=digits --train_steps=100 \\
        --backend=cpu -- --depth 2 --width 32

In <output_path>/<device>/ are then train_<device>.log, all that was printed;
{Network}_bs{B}_{RANK_SIZE}p_{acc|perf}.log with Network, RankSize, BatchSize, DeviceType, CaseName,
ActualFPS (images a second, without the steps in which graphs are compiled), TrainingTime
(milliseconds for an update), TrainAccuracy (bits/dim of held-out images, FID, or share of held-out
images that are told rightly), ActualLoss and E2ETrainingTime (seconds); every loss in
train_<case>_loss.txt; and the folder of the run.
"""

import os
import sys
import time
from typing import List, Optional, Sequence, Tuple

from case_log import Case, read_case, was_compiled, write_case
from genflow.ascend import Job, Rank, find_backend, find_job, launch
from genflow.ascend.devices import present_devices
from genflow.training import parse_flags, run_command
from train_flags import MODELS, RUN, SCRIPTS, Config, Script, batch_size, check, command_line


def train(config: Config, script: Script, others: Sequence[str]) -> int:
    """Trains, and writes what came of it; returns the exit status."""
    check(config, script)
    backend = find_backend(config.backend).name
    job = make_job(config, script, backend)
    for rank in job.ranks:
        _check_new(config, device_folder(config, rank))

    def command(rank: Rank) -> List[str]:
        words = command_line(config, script, device_folder(config, rank), rank.rank_id, others)
        return [sys.executable] + words

    start = time.time()
    status = launch(command, job, config.output_path)
    if status:
        return status
    path = write(config, script, job, backend, time.time() - start)
    with open(path, encoding="utf-8") as file:
        print(file.read() + "Written to " + path)
    return 0


def make_job(config: Config, script: Script, backend: str) -> Job:
    """The processes; on anything but NPUs they do not talk to each other."""
    if script.num_devices == 1:
        rank_table = None if backend == "npu" else "none"
        return find_job(device_ids=[_device(config)], rank_table=rank_table)
    count = config.num_devices or script.num_devices
    if backend == "npu" and count > 1:
        raise ValueError(
            "Several NPUs cannot train one model yet: their gradients would be averaged, but not "
            "their first weights, and each would see all images. Train on one, with "
            "train_full_1p.sh, or pass --backend cpu to try this script."
        )
    print(
        "NOTE: {} processes on the {} train {} models, each with a seed and a folder of its own. "
        "Nothing is averaged between them.".format(count, backend.upper(), count)
    )
    return find_job(count, rank_table="none")


def _device(config: Config) -> int:
    """The physical number of the one device; that of the environment is a logical one."""
    if config.device_id >= 0:
        return config.device_id
    present, number = present_devices(), int(os.environ.get("ASCEND_DEVICE_ID") or 0)
    return present[number] if number < len(present) else number


def device_folder(config: Config, rank: Rank) -> str:
    """Where everything of a device goes."""
    return os.path.join(config.output_path, str(rank.device_id))


def write(config: Config, script: Script, job: Job, backend: str, seconds: float) -> str:
    """Writes the numbers of the first rank, with the rate of all; returns the path."""
    model, folders = MODELS[config.network], [device_folder(config, rank) for rank in job.ranks]
    cases = [
        read_case(os.path.join(folder, RUN, "log.jsonl"), model.loss, model.accuracy)
        for folder in folders
    ]
    more = {"AccuracyIs": model.accuracy, "LossIs": model.loss, "Backend": backend}
    if backend == "npu":
        name = "train_{}.log".format(job.ranks[0].device_id)
        more["CompiledOnNPU"] = was_compiled(os.path.join(folders[0], name))
    if job.num_ranks > 1:
        more["GradientsAveraged"] = False
    return write_case(
        folders[0],
        model.title,
        batch_size(config),
        job.num_ranks,
        script.kind,
        cases[0]._replace(images_per_second=_sum_of_rates(cases)),
        seconds,
        more,
    )


def _sum_of_rates(cases: Sequence[Case]) -> Optional[float]:
    rates = [case.images_per_second for case in cases]
    return None if None in rates else sum(rates)


def _check_new(config: Config, folder: str) -> None:
    """A run that is there goes on only if that is asked for: else its numbers are mixed up."""
    run = os.path.join(folder, RUN)
    if os.path.exists(os.path.join(run, "log.jsonl")) and not config.resume:
        raise ValueError(
            "{} holds a run: go on with it by --resume, or pass another --output_path.".format(run)
        )


def split_words(argv: Sequence[str]) -> Tuple[List[str], List[str]]:
    """The words before `--`, and those after it."""
    words = list(argv)
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def main(argv: Sequence[str]) -> None:
    """Does what the script says that is the first word, with the others."""
    script, (own, others) = SCRIPTS[argv[0]], split_words(argv[1:])
    config = parse_flags(Config, own, description=__doc__)
    status = run_command(lambda: train(config, script, others))
    if status:
        sys.exit(status)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in SCRIPTS:
        sys.argv[0] = "train_{}.sh".format(sys.argv[1])  # What --help calls it.
        main(sys.argv[1:])
    else:
        sys.exit("Run one of the scripts beside this file: train_*.sh.")
