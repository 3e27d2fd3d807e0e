r"""Trains one of the four reference models as the scripts beside this file are told to.

    bash examples/ascend/train_full_1p.sh --network=glow --data_path=/data/cifar10
    bash examples/ascend/train_performance_1p.sh --network dcgan --data_path /data --train_steps 500
    bash examples/ascend/train_full_8p.sh --network=realnvp --data_path=/data --backend=cpu

networks: glow, realnvp, dcgan, improved_gan. What follows `--` is passed to the example as it is;
it may not be what the script sets itself:

    bash examples/ascend/train_full_1p.sh --network=glow --dataset=digits --train_steps=100 \\
        --backend=cpu -- --depth 2 --width 32

In <output_path>/<device>/ are then train_<device>.log, all that was printed, by every start;
{Network}_bs{B}_{RANK_SIZE}p_{acc|perf}.log with Network, RankSize, BatchSize, DeviceType, CaseName,
ActualFPS (images a second, without the first average of each start, in which graphs are compiled),
TrainingTime
(milliseconds for an update), TrainAccuracy (bits/dim of held-out images, FID, or share of held-out
images that are told rightly), ActualLoss and E2ETrainingTime (seconds from the start of the
processes to their end: with what is loaded, compiled, measured and drawn, and without what earlier
starts took, if the run goes on by --resume); every loss in train_<case>_loss.txt; and the folder of
the run. Files of another run are never replaced.
"""

import os
import sys
import time
from typing import List, Optional, Sequence, Tuple

from case_log import Case, case_files, case_name, read_case, was_compiled, write_case
from epochs import epochs_as_steps
from genflow.ascend import Job, Rank, find_backend, find_job, launch
from genflow.ascend.devices import own_device, physical_number
from genflow.ascend.loss_scale import parse_loss_scale
from genflow.training import parse_flags, run_command
from passed_words import check_passed
from starts import note_start, read_starts
from train_flags import MODELS, RUN, SCRIPTS, Config, Script, batch_size, check, command_line


def train(config: Config, script: Script, others: Sequence[str]) -> int:
    """Trains, and writes what came of it; returns the exit status."""
    check(config, script)
    parse_loss_scale(config.loss_scale)
    check_passed(config.network, others)
    backend = find_backend(config.backend).name
    job = make_job(config, script, backend)
    config = epochs_as_steps(config, script, others)
    for rank in job.ranks:
        _check_new(config, script, job, device_folder(config, rank))
    for rank in job.ranks:
        note_start(os.path.join(device_folder(config, rank), RUN))

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
        device = config.device_id if config.device_id >= 0 else physical_number(own_device())
        # One that the environment names is for other jobs.
        return find_job(device_ids=[device], rank_table=rank_table, environment={})
    count = config.num_devices or script.num_devices
    if backend == "npu" and count > 1:
        raise ValueError(
            "Several NPUs cannot train one model yet: their gradients would be averaged, but not "
            "their first weights, and each would see all images. Train on one, with "
            "train_full_1p.sh, or pass --backend cpu to try this script."
        )
    share = " All of them share the first GPU." if backend == "gpu" else ""
    print(
        "NOTE: {} processes on the {} train {} models, each with a seed and a folder of its own. "
        "Nothing is averaged between them.{} In the result ActualFPS is the sum of their rates; "
        "the rest is of the first one.".format(count, backend.upper(), count, share)
    )
    return find_job(count, rank_table="none")


def device_folder(config: Config, rank: Rank) -> str:
    """Where everything of a device goes."""
    return os.path.join(config.output_path, str(rank.device_id))


def write(config: Config, script: Script, job: Job, backend: str, seconds: float) -> str:
    """Writes the numbers of the first rank, with the rate of all; returns the path."""
    model, folders = MODELS[config.network], [device_folder(config, rank) for rank in job.ranks]
    cases = [
        read_case(
            os.path.join(folder, RUN, "log.jsonl"),
            model.loss,
            model.accuracy,
            read_starts(os.path.join(folder, RUN)),
        )
        for folder in folders
    ]
    more = {"AccuracyIs": model.accuracy, "LossIs": model.loss, "Backend": backend}
    if backend == "npu":
        name = "train_{}.log".format(job.ranks[0].device_id)
        more["CompiledOnNPU"] = was_compiled(os.path.join(folders[0], name))
    if job.num_ranks > 1:
        more["GradientsAveraged"] = False
        place = ", all on one GPU" if backend == "gpu" else ""
        more["Models"] = "{}, each by itself{}; ActualFPS is of all, the rest of the first".format(
            job.num_ranks, place
        )
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


def _check_new(config: Config, script: Script, job: Job, folder: str) -> None:
    """A run that is there goes on only if that is asked for: else its numbers are mixed up."""
    run = os.path.join(folder, RUN)
    is_there = os.path.exists(os.path.join(run, "log.jsonl"))
    if is_there and config.resume:
        return
    if is_there:
        raise ValueError(
            "{} holds a run: go on with it by --resume, or pass another --output_path.".format(run)
        )
    title = MODELS[config.network].title
    name = case_name(title, batch_size(config), job.num_ranks, script.kind)
    for path in case_files(folder, name):
        if os.path.lexists(path):
            raise ValueError(
                "{} is of another run: move it, or pass another --output_path.".format(path)
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
