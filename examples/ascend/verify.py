r"""Finds out whether everything works on this host, and ends with a table.

    bash examples/ascend/verify.sh
    bash examples/ascend/verify.sh --backend=cpu

It runs `genflow doctor`, the tests of what is for Ascend, and two updates of each of the four
models, whose first loss it compares with that of the same updates on the CPU; it looks for the line
with which the adapter says that a graph is on the NPU, makes values overflow to see whether the
device says so and that no other update is skipped, goes on from a checkpoint, and trains on several
devices. Nothing is downloaded: the images are digits that
come with scikit-learn. It takes some minutes. What was printed, and the table, are then in
--output_path.
"""

import dataclasses
import importlib.util
import os
import subprocess
import sys
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

from case_log import COMPILED, was_compiled
from genflow.ascend import backends, find_backend
from genflow.ascend.devices import own_device, physical_number
from genflow.training import check_flags, flag, parse_flags, run_command
from genflow.training.run_log import read_log
from train_flags import EXAMPLES, MODELS, RUN

# Flags that make each model small.
SMALL: Dict[str, str] = {
    "glow": "--depth=1 --width=8 --n_levels=2 --n_test=16 --n_batch_test=16 "
    "--n_batch_init=16 --n_grid=2",
    "realnvp": "--width=4 --num_blocks=1 --n_test=16 --init_batch_size=16 --sample_batch_size=2",
    "dcgan": "--n_fid=0 --num_samples=4",
    "improved_gan": "--num_samples=4 --labels_per_class=10",
}
_BATCH_SIZE = 20
# Of the first losses, in proportion: random numbers and float16 are others on an NPU.
_TOLERANCE = 0.05
# Too large for float16, so that a network in float16 overflows; and one that cannot do so.
_LOSS_SCALE, _SMALL_LOSS_SCALE = "1e12", "1"
_OK, _FAILED, _SKIPPED = "ok", "FAILED", "skipped"


@dataclasses.dataclass
class Config:
    """The flags."""

    backend: str = flag(
        "auto",
        "what to verify; auto takes an NPU if there is one, else a GPU, else the CPU",
        choices=backends.NAMES,
    )
    output_path: str = flag("./verify_output", "folder of what was printed; a new one")
    skip: str = flag("", "steps to leave out, such as doctor,tests")


class Result(NamedTuple):
    """What came of a step."""

    name: str
    result: str
    seconds: float
    note: str


class Verification:
    """The steps, with what they need."""

    def __init__(self, backend: str, folder: str) -> None:
        """Takes the name of the backend, and the folder of what is printed."""
        self.backend, self._folder = backend, folder

    def doctor(self) -> str:
        """Asks `genflow doctor`."""
        self._run("doctor", ["-m", "genflow", "doctor", "--backend", self.backend])
        return "all that is here works"

    def tests(self) -> str:
        """Runs the tests of what is for Ascend, which need no NPU."""
        folder = os.path.join(os.path.dirname(EXAMPLES), "tests", "ascend")
        if not os.path.isdir(folder):
            raise _SkipError("there is no {}: take a checkout of genflow".format(folder))
        if importlib.util.find_spec("pytest") is None:
            raise _SkipError("pytest is not installed")
        words = ["-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", folder]
        return self._run("tests", words)

    def model(self, network: str) -> str:
        """Makes two updates, and compares the first loss with that on the CPU."""
        loss = self._first_loss(network, self.backend)
        expected = self._first_loss(network, "cpu") if self.backend != "cpu" else loss
        note = "first loss {:.4f}, on the CPU {:.4f}".format(loss, expected)
        if not abs(loss - expected) <= _TOLERANCE * max(1.0, abs(expected)):
            raise _FailError(note)
        if self.backend == "npu":
            self._check_compiled(network, "")
        return note

    def precision(self) -> str:
        """The same in float16, where there is such a thing."""
        loss = self._first_loss(
            "glow", self.backend, "mixed", ["--precision_mode=allow_mix_precision"]
        )
        if self.backend == "npu":
            self._check_compiled("glow", "mixed")
        return "first loss {:.4f} with allow_mix_precision".format(loss)

    def overflow(self) -> str:
        """Lets float16 overflow: an NPU must say so, and the update must be skipped."""
        skipped = self._skipped("overflow", _LOSS_SCALE, ["--over_dump"])
        note = "{:.0f} of {} updates skipped".format(sum(skipped), len(skipped))
        if self.backend == "npu" and not sum(skipped):
            raise _FailError(note + ", though float16 overflows: is the status of the device read?")
        return note

    def no_overflow(self) -> str:
        """Lets nothing overflow: no update may be skipped."""
        skipped = self._skipped("no_overflow", _SMALL_LOSS_SCALE)
        note = "{:.0f} of {} updates skipped".format(sum(skipped), len(skipped))
        if sum(skipped):
            raise _FailError(note + ", though nothing overflows")
        return note

    def resume(self) -> str:
        """Goes on from the checkpoint of two updates to the fourth."""
        self._train("glow", self.backend, "resume")
        first = read_log(self._log("glow", self.backend, "resume"))
        words = ["--train_steps=4", "--resume"]
        self._train("glow", self.backend, "resume", words, log="resume_goes_on")
        records = read_log(self._log("glow", self.backend, "resume"))
        steps = [record["step"] for record in records if "images_per_second" in record]
        if steps != [1, 2, 3, 4] or records[: len(first)] != first:
            raise _FailError("the log has the updates {}, not 1 to 4".format(steps))
        return "updates 3 and 4 were made after 1 and 2"

    def devices(self) -> str:
        """Trains on several devices; two processes where they are not NPUs."""
        if self.backend == "npu":
            raise _SkipError("several NPUs cannot train one model yet")
        folder = self._place("glow", self.backend, "devices")
        words = self._words("full_8p", "glow", self.backend, folder, ["--num_devices=2"])
        self._run("devices", words)
        return "two processes, each with a model of its own"

    def _first_loss(
        self, network: str, backend: str, name: str = "", words: Sequence[str] = ()
    ) -> float:
        self._train(network, backend, name, words)
        records = read_log(self._log(network, backend, name))
        losses = [
            record[MODELS[network].loss] for record in records if "images_per_second" in record
        ]
        if len(losses) != 2:
            raise _FailError("the log has {} losses of 2 updates".format(len(losses)))
        return losses[0]

    def _skipped(self, name: str, loss_scale: str, words: Sequence[str] = ()) -> List[float]:
        """How many of the updates of either network were skipped, by the log of a training."""
        words = ["--precision_mode=allow_mix_precision", "--loss_scale=" + loss_scale, *words]
        self._train("dcgan", self.backend, name, words)
        skipped = [
            record[key]
            for record in read_log(self._log("dcgan", self.backend, name))
            for key in sorted(record)
            if key.startswith("train_") and key.endswith("_skipped")
        ]
        if not skipped:
            raise _FailError("the log does not say how many updates were skipped")
        return skipped

    def _train(
        self, network: str, backend: str, name: str, words: Sequence[str] = (), log: str = ""
    ) -> None:
        folder = self._place(network, backend, name)
        line = self._words("full_1p", network, backend, folder, words)
        self._run(log or os.path.basename(folder), line)

    def _words(
        self,
        script: str,
        network: str,
        backend: str,
        folder: str,
        words: Sequence[str],
    ) -> List[str]:
        program = os.path.join(EXAMPLES, "ascend", "train.py")
        own = "{} --network={} --dataset=digits --train_steps=2 --batch_size={}".format(
            script, network, _BATCH_SIZE
        )
        ends = ["--backend=" + backend, "--output_path=" + folder]
        small = SMALL[network].split()
        return [program] + own.split() + ends + list(words) + ["--"] + small

    def _place(self, network: str, backend: str, name: str) -> str:
        return os.path.join(self._folder, "_".join(filter(None, [network, backend, name])))

    def _log(self, network: str, backend: str, name: str) -> str:
        return os.path.join(self._place(network, backend, name), own_folder(), RUN, "log.jsonl")

    def _check_compiled(self, network: str, name: str) -> None:
        device = own_folder()
        folder = os.path.join(self._place(network, self.backend, name), device)
        if not was_compiled(os.path.join(folder, "train_{}.log".format(device))):
            raise _FailError(
                "the log lacks {!r}, so the graph may have stayed on the host; if that is for want "
                "of messages, try again with ASCEND_GLOBAL_LOG_LEVEL=1".format(COMPILED)
            )

    def _run(self, name: str, words: Sequence[str]) -> str:
        """Runs Python; returns the last line that it printed."""
        path = os.path.join(self._folder, name + ".txt")
        with open(path, "wb") as file:
            status = subprocess.call(
                [sys.executable] + list(words), stdout=file, stderr=subprocess.STDOUT
            )
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()] or ["(nothing was printed)"]
        if status:
            raise _FailError("exit status {}: {} (all in {})".format(status, lines[-1], path))
        return lines[-1]


def own_folder() -> str:
    """Name of the folder of the device that the environment means."""
    return str(physical_number(own_device()))


class _FailError(Exception):
    """A step has not gone well; the message says why."""


class _SkipError(Exception):
    """A step cannot be done here; the message says why."""


def verify(config: Config) -> int:
    """Takes all steps; returns the exit status."""
    check_flags(config)
    own_folder()  # Refuses what is none before anything is made.
    backend = find_backend(config.backend)
    os.makedirs(config.output_path, exist_ok=True)
    if os.listdir(config.output_path):
        raise ValueError("--output_path must be a new folder; got {}.".format(config.output_path))
    print("Verifies the {} ({}).".format(backend.name.upper(), backend.reason))
    steps = _steps(Verification(backend.name, os.path.abspath(config.output_path)))
    left_out = config.skip.split(",") if config.skip else []
    unknown = sorted(set(left_out) - set(steps))
    if unknown:
        raise ValueError("--skip must be of {}; got {}.".format(", ".join(steps), unknown[0]))
    results = [_take(name, step) for name, step in steps.items() if name not in left_out]
    table = make_table(results)
    with open(os.path.join(config.output_path, "summary.txt"), "w", encoding="utf-8") as file:
        file.write(table + "\n")
    print("\n" + table)
    return int(any(result.result == _FAILED for result in results))


def _steps(verification: Verification) -> "Dict[str, Callable[[], str]]":
    steps: Dict[str, Callable[[], str]] = {
        "doctor": verification.doctor,
        "tests": verification.tests,
    }
    for network in MODELS:
        steps[network] = lambda network=network: verification.model(network)
    steps["precision"] = verification.precision
    steps["overflow"] = verification.overflow
    steps["no_overflow"] = verification.no_overflow
    steps["resume"] = verification.resume
    steps["devices"] = verification.devices
    return steps


def _take(name: str, step: Callable[[], str]) -> Result:
    print("{} ...".format(name), flush=True)
    start, result = time.time(), _OK
    try:
        note = step()
    except _SkipError as reason:
        result, note = _SKIPPED, str(reason)
    except (_FailError, OSError, ValueError) as reason:
        result, note = _FAILED, str(reason)
    return Result(name, result, time.time() - start, note)


def make_table(results: Sequence[Result]) -> str:
    """The results, one in a line, and how many are of which kind."""
    lines = ["{:<14}{:<10}{:>8}  {}".format("step", "result", "seconds", "note")]
    for result in results:
        lines.append("{:<14}{:<10}{:>8.0f}  {}".format(*result))
    kinds = [result.result for result in results]
    lines.append("{} ok, {} failed, {} skipped".format(*map(kinds.count, (_OK, _FAILED, _SKIPPED))))
    return "\n".join(lines)


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Parses the flags, and verifies."""
    config = parse_flags(Config, argv, description=__doc__)
    status = run_command(lambda: verify(config))
    if status:
        sys.exit(status)


if __name__ == "__main__":
    sys.argv[0] = "verify.sh"
    main(sys.argv[1:])
