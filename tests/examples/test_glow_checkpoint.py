"""Loads checkpoints in the layout of openai/glow, which the tests write themselves.

`Reference` is that model again, in numpy and float64, written from what is known of its
arithmetic: it shares no code with genflow.
"""

import importlib
import itertools
import json
import os
import re
import shlex
import sys

import numpy as np
import pytest
import tensorflow.compat.v2 as tf

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
NUM_CLASSES = 5
AVERAGE = "/ExponentialMovingAverage"
# Not square, so that an exchange of rows and columns shows.
IMAGE_SHAPE = (8, 16, 3)


@pytest.fixture(scope="module")
def examples():
    """The modules of the examples, as a script beside them imports them."""
    names = ["glow_cifar10", "glow_original", "glow_checkpoint", "glow_data"]
    names += ["glow_original_file", "glow_original_variables"]
    sys.path.insert(0, EXAMPLES)
    try:
        yield [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(EXAMPLES)
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def glow(examples):
    return examples[0]


@pytest.fixture(scope="module")
def original(examples):
    return examples[1]


@pytest.fixture(scope="module")
def command(examples):
    return examples[2]


class Reference:
    """The original's variables, random, under its names; and what it makes of an image."""

    def __init__(
        self,
        levels=2,
        depth=2,
        width=6,
        permutation=2,
        affine=1,
        learntop=1,
        ycond=0,
        seed=0,
        classes=NUM_CLASSES,
    ):
        self.levels, self.depth, self.width = levels, depth, width
        self.permutation, self.affine, self.learntop, self.ycond = (
            permutation,
            affine,
            learntop,
            ycond,
        )
        self.random = np.random.RandomState(seed)
        self.variables = {}
        channels = IMAGE_SHAPE[-1]
        for level in range(levels):
            channels *= 4
            for step in range(depth):
                self._make_step("model/{}/{}".format(level, step), channels)
            if level < levels - 1:
                channels //= 2
                self._make_zeros("model/pool{}/conv".format(level), channels, 2 * channels)
        if learntop:
            self._make_zeros("model/prior/p", 2 * channels, 2 * channels)
        if ycond:
            scope = "model/prior/y_emb"
            self._normal(scope + "/W", [classes, 2 * channels], 0.3)
            self._normal(scope + "/b", [1, 2 * channels], 0.2)
            self._normal(scope + "/logs", [1, 2 * channels], 0.1)

    def flags(self):
        flags = ["--n_levels", self.levels, "--depth", self.depth, "--width", self.width]
        flags += ["--flow_permutation", self.permutation, "--flow_coupling", self.affine]
        flags += ["--learntop"] * self.learntop + ["--ycond"] * self.ycond
        return [str(flag) for flag in flags]

    def bits_and_latents(self, z, labels=None):
        """Bits per dimension and latents of dequantised images in [-1/2, 1/2)."""
        z = np.asarray(z, np.float64)
        num_values = z[0].size
        log_prob, latents = np.full([len(z)], -np.log(256.0) * num_values), []
        z = squeeze(z)
        for level in range(self.levels):
            for step in range(self.depth):
                z, log_det = self._step("model/{}/{}".format(level, step), z)
                log_prob += log_det
            if level < self.levels - 1:
                z1, z2 = np.split(z, 2, axis=-1)
                h = self._zeros("model/pool{}/conv".format(level), z1)
                latent, more = gaussian(z2, h[..., 0::2], h[..., 1::2])
                latents.append(latent)
                log_prob += more
                z = squeeze(z1)
        mean, logs = np.split(self._top(z, labels), 2, axis=-1)
        latent, more = gaussian(z, mean, logs)
        return -(log_prob + more) / (np.log(2.0) * num_values), latents + [latent]

    def _normal(self, name, shape, stddev):
        values = stddev * self.random.standard_normal(shape)
        self.variables[name] = values.astype(np.float32)

    def _make_actnorm(self, scope, channels):
        self._normal(scope + "/actnorm_center/b", [1, 1, 1, channels], 0.3)
        self._normal(scope + "/actnorm_scale/logs", [1, 1, 1, channels], 0.1)

    def _make_zeros(self, scope, channels, outputs):
        self._normal(scope + "/W", [3, 3, channels + 1, outputs], 0.1)
        self._normal(scope + "/b", [1, 1, 1, outputs], 0.2)
        self._normal(scope + "/logs", [1, outputs], 0.1)

    def _make_step(self, scope, channels):
        self._make_actnorm(scope, channels)
        if self.permutation == 2:
            self._normal(scope + "/invconv/W", [channels, channels], 0.05)
            self.variables[scope + "/invconv/W"] += np.linalg.qr(
                self.random.standard_normal([channels, channels])
            )[0].astype(np.float32)
        if self.permutation == 1:
            order = self.random.permutation(channels).astype(np.int32)
            self.variables[scope + "/shuffle/indices"] = order
            self.variables[scope + "/shuffle/indices_inverse"] = np.argsort(order).astype(np.int32)
        scope += "/f1"
        self._normal(scope + "/l_1/W", [3, 3, channels // 2 + 1, self.width], 0.2)
        self._make_actnorm(scope + "/l_1", self.width)
        self._normal(scope + "/l_2/W", [1, 1, self.width, self.width], 0.3)
        self._make_actnorm(scope + "/l_2", self.width)
        self._make_zeros(scope + "/l_last", self.width, channels if self.affine else channels // 2)

    def _actnorm(self, scope, x):
        logs = 3.0 * self.variables[scope + "/actnorm_scale/logs"].astype(np.float64)
        y = (x + self.variables[scope + "/actnorm_center/b"]) * np.exp(logs)
        return y, x.shape[1] * x.shape[2] * np.sum(logs)

    def _zeros(self, scope, x):
        y = convolved(x, self.variables[scope + "/W"]) + self.variables[scope + "/b"]
        return y * np.exp(3.0 * self.variables[scope + "/logs"].astype(np.float64))

    def _permuted(self, scope, x):
        if self.permutation == 0:
            return x[..., ::-1], 0.0
        if self.permutation == 1:
            return x[..., self.variables[scope + "/shuffle/indices"]], 0.0
        weight = self.variables[scope + "/invconv/W"].astype(np.float64)
        log_det = x.shape[1] * x.shape[2] * np.log(np.abs(np.linalg.det(weight)))
        return np.einsum("bhwi,ij->bhwj", x, weight), log_det

    def _step(self, scope, x):
        x, log_det = self._actnorm(scope, x)
        x, more = self._permuted(scope, x)
        z1, z2 = np.split(x, 2, axis=-1)
        h = z1
        for layer in ("/f1/l_1", "/f1/l_2"):
            h = convolved(h, self.variables[scope + layer + "/W"])
            h = np.maximum(self._actnorm(scope + layer, h)[0], 0.0)
        h = self._zeros(scope + "/f1/l_last", h)
        if not self.affine:
            return np.concatenate([z1, z2 + h], axis=-1), log_det + more
        scale = 1.0 / (1.0 + np.exp(-(h[..., 1::2] + 2.0)))
        z2 = (z2 + h[..., 0::2]) * scale
        log_det = log_det + more + np.sum(np.log(scale), axis=(1, 2, 3))
        return np.concatenate([z1, z2], axis=-1), log_det

    def _top(self, z, labels):
        h = np.zeros(z.shape[:-1] + (2 * z.shape[-1],))
        if self.learntop:
            h = self._zeros("model/prior/p", h)
        if self.ycond:
            weight, bias, logs = (
                self.variables["model/prior/y_emb/" + name].astype(np.float64)
                for name in ("W", "b", "logs")
            )
            h = h + ((weight[labels] + bias) * np.exp(3.0 * logs))[:, np.newaxis, np.newaxis]
        return h


def squeeze(x):
    batch, height, width, channels = x.shape
    y = np.zeros([batch, height // 2, width // 2, 4 * channels])
    for c, dy, dx in itertools.product(range(channels), range(2), range(2)):
        y[..., 4 * c + 2 * dy + dx] = x[:, dy::2, dx::2, c]
    return y


def convolved(x, weight):
    """Padded with zeros, and with one more channel that is 1 on the padding, if not 1x1."""
    size, height, width = weight.shape[0], x.shape[1], x.shape[2]
    if size > 1:
        x = np.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "constant")
        border = np.ones(x.shape[:-1] + (1,))
        border[:, 1:-1, 1:-1] = 0.0
        x = np.concatenate([x, border], axis=-1)
    parts = [
        np.einsum("bhwi,io->bhwo", x[:, dy : dy + height, dx : dx + width], weight[dy, dx])
        for dy, dx in itertools.product(range(size), range(size))
    ]
    return np.sum(parts, axis=0)


def gaussian(x, mean, logs):
    latent = (x - mean) * np.exp(-logs)
    log_prob = -0.5 * np.log(2.0 * np.pi) - logs - 0.5 * latent**2
    return latent, np.sum(log_prob, axis=(1, 2, 3))


def save(variables, path):
    """Writes a checkpoint as the original does."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        made = {name: tf.compat.v1.Variable(value) for name, value in variables.items()}
        session.run(tf.compat.v1.global_variables_initializer())
        return tf.compat.v1.train.Saver(made).save(session, str(path), write_meta_graph=False)


def with_optimizer(variables, shift=0.0):
    """Adds what training adds: a step, two moments and an average for every weight."""
    result, trained = dict(variables), [n for n in sorted(variables) if "/shuffle/" not in n]
    result["Variable"] = np.float32(123.0)
    for index, name in enumerate(trained):
        for moment in (1, 2):
            result["Variable_{}".format(2 * index + moment)] = np.ones_like(variables[name])
        result[name + AVERAGE] = variables[name] + np.float32(shift)
    return result


class Eager:
    """Operations run as they are called."""

    session = None

    def build(self, function):
        self._function = function
        function()

    def run(self):
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), self._function())

    def values(self, flow):
        return {path: variable.numpy() for path, variable in flow.named_variables().items()}


class Graph:
    """A session whose graph takes no more operations once it is built."""

    def __init__(self, session):
        self.session = session

    def build(self, function):
        self._tensors = function()
        self.session.run(tf.compat.v1.global_variables_initializer())
        self.session.graph.finalize()

    def run(self):
        return self.session.run(self._tensors)

    def values(self, flow):
        return self.session.run(dict(flow.named_variables()))


@pytest.fixture(params=["eager", "graph"])
def mode(request):
    if request.param == "eager":
        yield Eager()
    else:
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            yield Graph(session)


def make_flow(glow, mode, flags, labels=None):
    """The flow of the example, built; `mode.run` gives what it makes of three images."""
    config = glow.parse_flags(glow.Config, [str(flag) for flag in flags])
    flow = glow.make_model(config, IMAGE_SHAPE, noise_seed=0)
    images = np.random.RandomState(1).randint(0, 256, (3,) + IMAGE_SHAPE).astype(np.float32)

    def outputs():
        context = None if labels is None else tf.one_hot(labels, NUM_CLASSES)
        latents = flow.encode(images, context)
        return dict(
            images=tf.constant(images),
            noisy=flow.bijection.layers[0].forward(images),
            latents=latents,
            bits=flow.bits_per_dim(images, context),
            decoded=flow.decode(latents, context),
        )

    mode.build(outputs)
    return flow


CASES = {
    "affine-invconv-learntop": dict(),
    "affine-reverse": dict(permutation=0, learntop=0),
    "additive-invconv": dict(affine=0, learntop=0),
    "additive-shuffle-learntop": dict(affine=0, permutation=1),
    "affine-shuffle-ycond": dict(permutation=1, learntop=0, ycond=1),
    "affine-invconv-learntop-ycond": dict(ycond=1),
    "one-level": dict(levels=1),
    "three-levels": dict(levels=3, depth=1),
}


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
def test_gives_the_bits_and_the_latents_of_the_original(glow, original, tmp_path, mode, case):
    reference, labels = Reference(**case), np.array([3, 0, 4])
    path = save(with_optimizer(reference.variables, shift=1.0), tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, mode, reference.flags(), labels if reference.ycond else None)
    original.load_original(flow, path, mode.session)
    got = mode.run()
    bits, latents = reference.bits_and_latents(got["noisy"], labels)
    np.testing.assert_allclose(got["bits"], bits, rtol=1e-5)
    assert len(got["latents"]) == len(latents)
    for latent, expected in zip(got["latents"], latents):
        np.testing.assert_allclose(latent, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(got["decoded"], got["images"])


def test_takes_the_averages_when_told_to(glow, original, tmp_path, mode):
    last, averages = Reference(permutation=1, seed=0), Reference(permutation=1, seed=1)
    stored = with_optimizer(last.variables)
    for name in last.variables:
        if "/shuffle/" in name:
            averages.variables[name] = last.variables[name]
        else:
            stored[name + AVERAGE] = averages.variables[name]
    path = save(stored, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, mode, last.flags())
    for average, reference in ((True, averages), (False, last)):
        left = original.load_original(flow, path, mode.session, average=average)
        got = mode.run()
        bits, _ = reference.bits_and_latents(got["noisy"])
        np.testing.assert_allclose(got["bits"], bits, rtol=1e-5)
        assert "Variable_2" in left
        assert ("model/0/0/actnorm_center/b" in left) == average


def test_reads_a_checkpoint_of_averages_only(glow, original, tmp_path, mode):
    reference = Reference(permutation=1)
    stored = {
        name if "/shuffle/" in name else name + AVERAGE: value
        for name, value in reference.variables.items()
    }
    stored["Variable_1" + AVERAGE] = np.float32(1.0)
    path = save(stored, tmp_path / "average.ckpt")
    flow = make_flow(glow, mode, reference.flags())
    with pytest.raises(ValueError, match="It holds averages only: load it with --average"):
        original.load_original(flow, path, mode.session)
    original.load_original(flow, path, mode.session, average=True)
    got = mode.run()
    bits, _ = reference.bits_and_latents(got["noisy"])
    np.testing.assert_allclose(got["bits"], bits, rtol=1e-5)


def test_says_what_was_not_needed(glow, original, tmp_path, mode):
    reference = Reference()
    stored = dict(reference.variables, Variable=np.float32(2.0))
    stored["model/classifier/W"] = np.ones([24, NUM_CLASSES], np.float32)
    path = save(stored, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, mode, reference.flags())
    left = original.load_original(flow, path, mode.session)
    assert left == ["Variable", "model/classifier/W"]


def renamed(variables):
    variables["model/0/1/invconv/V"] = variables.pop("model/0/1/invconv/W")


def reshaped(variables):
    name = "model/0/0/f1/l_1/W"
    variables[name] = variables[name][:, :, :-1]


def retyped(variables):
    name = "model/1/1/actnorm_scale/logs"
    variables[name] = variables[name].astype(np.float64)


def not_finite(variables):
    variables["model/pool0/conv/b"][0, 0, 0, 3] = np.nan
    variables["model/1/0/f1/l_last/logs"][0, 0] = np.inf


@pytest.mark.parametrize(
    ("change", "flags", "message"),
    [
        (
            lambda variables: variables.pop("model/prior/p/logs"),
            [],
            r"model. 1 missing: model/prior/p/logs. It looks like --n_levels=2 --depth=2 --width=6 "
            "--flow_permutation=2 --flow_coupling=1 --learntop, for images of 3 channels: make the",
        ),
        (
            lambda variables: variables.update({"model/prior/q": np.float32(0.0)}),
            [],
            r"model. 1 left over: model/prior/q. It looks like",
        ),
        (
            lambda variables: variables.update({"model/q" + AVERAGE: np.float32(0.0)}),
            [],
            r"model. 1 left over: model/q. It looks like",
        ),
        (renamed, [], r"1 missing: model/0/1/invconv/W. 1 left over: model/0/1/invconv/V"),
        (reshaped, [], r"l_1/W must be float32 .3, 3, 7, 6.; it is float32 .3, 3, 6, 6."),
        (retyped, [], r"logs must be float32 .1, 1, 1, 24.; it is float64 .1, 1, 1, 24."),
        (not_finite, [], r"not finite, in model/1/0/f1/l_last/logs, model/pool0/conv/b: take"),
        (
            None,
            ["--depth=1"],
            r"24 left over: model/0/1/actnorm_center/b, .* and 14 more. It looks",
        ),
        (None, ["--depth=3"], r"24 missing: model/0/2/actnorm_center/b, .* and 14 more. It looks"),
        (None, ["--n_levels=1"], r"left over: model/1/0/.*It looks like --n_levels=2"),
        (None, ["--n_levels=3"], r"missing: model/2/0/.*It looks like --n_levels=2"),
        (None, ["--width=5"], r"l_1/W must be .*, 5.; it is .*, 6.*more like these.*--width=6"),
        (None, ["--flow_coupling=0"], r"l_last/W must be .*--flow_coupling=1"),
        (None, ["--flow_permutation=1"], r"4 left over: model/0/0/invconv/W.*permutation=2"),
    ],
)
def test_refuses_what_does_not_fit_and_changes_nothing(
    glow, original, tmp_path, mode, change, flags, message
):
    reference = Reference()
    if change is not None:
        change(reference.variables)
    path = save(reference.variables, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, mode, reference.flags() + flags)
    before = mode.values(flow)
    with pytest.raises(ValueError, match=message) as error:
        original.load_original(flow, path, mode.session)
    assert str(error.value).startswith(path)
    after = mode.values(flow)
    assert before.keys() == after.keys()
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_refuses_a_missing_prior_and_one_too_many(glow, original, tmp_path):
    flow = make_flow(glow, Eager(), Reference(learntop=0).flags())
    path = save(Reference().variables, tmp_path / "with.ckpt")
    with pytest.raises(ValueError, match="3 left over: model/prior/p/W, .*--learntop"):
        original.load_original(flow, path)
    flow = make_flow(glow, Eager(), Reference(ycond=1).flags(), labels=[0, 1, 2])
    with pytest.raises(ValueError, match="3 missing: model/prior/y_emb/W"):
        original.load_original(flow, path)


def test_refuses_a_shuffle_that_is_no_order(glow, original, tmp_path):
    reference = Reference(permutation=1)
    flow = make_flow(glow, Eager(), reference.flags())
    indices = reference.variables["model/0/0/shuffle/indices"]
    for damaged in (np.zeros_like(indices), np.roll(indices, 1), indices + 1):
        reference.variables["model/0/0/shuffle/indices"] = damaged
        path = save(reference.variables, tmp_path / "model_best_loss.ckpt")
        before = Eager().values(flow)
        with pytest.raises(ValueError, match="indices must be an order of 12 channels and .* its"):
            original.load_original(flow, path)
        after = Eager().values(flow)
        assert all(np.array_equal(before[name], after[name]) for name in before)


def test_takes_the_order_from_the_checkpoint(glow, original, tmp_path, mode):
    """The function is the original's whatever order the flow was made with."""
    reference = Reference(permutation=0)
    path = save(reference.variables, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, mode, reference.flags() + ["--flow_permutation=1"])
    original.load_original(flow, path, mode.session)
    got = mode.run()
    bits, _ = reference.bits_and_latents(got["noisy"])
    np.testing.assert_allclose(got["bits"], bits, rtol=1e-5)


def test_refuses_averages_that_are_not_there(glow, original, tmp_path):
    reference = Reference()
    path = save(reference.variables, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, Eager(), reference.flags())
    with pytest.raises(ValueError, match="It holds no averages: load it without --average"):
        original.load_original(flow, path, average=True)


def test_refuses_another_model_altogether(glow, original, tmp_path):
    path = save({"dense/kernel": np.ones([2, 3], np.float32)}, tmp_path / "other.ckpt")
    flow = make_flow(glow, Eager(), Reference().flags())
    with pytest.raises(ValueError, match="not look like one of the original Glow"):
        original.load_original(flow, path)


def test_refuses_flows_it_has_no_names_for(glow, original, tmp_path):
    path = save(Reference().variables, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, Eager(), Reference().flags() + ["--plu"])
    with pytest.raises(ValueError, match="has variables that no original has: .*without --plu"):
        original.load_original(flow, path)
    flow = glow.make_model(glow.parse_flags(glow.Config, Reference().flags()), IMAGE_SHAPE)
    with pytest.raises(ValueError, match="called once so that it has variables, .*got 0 variables"):
        original.load_original(flow, path)


def test_needs_a_session_in_a_graph(glow, original, tmp_path):
    path = save(Reference().variables, tmp_path / "model_best_loss.ckpt")
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="`session` must be the session that holds"):
            original.load_original(None, path)


def truncate(path):
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) // 2)


def overwrite(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        file.write(b"\xff" * 64)


@pytest.mark.parametrize("damage", [truncate, overwrite, os.remove])
@pytest.mark.parametrize("end", [".index", ".data-00000-of-00001"])
def test_refuses_damaged_files(glow, original, tmp_path, damage, end):
    reference = Reference()
    path = save(reference.variables, tmp_path / "model_best_loss.ckpt")
    damage(path + end)
    flow = make_flow(glow, Eager(), reference.flags())
    before = Eager().values(flow)
    with pytest.raises(ValueError, match="cannot be read as a checkpoint .*copy them again"):
        original.load_original(flow, path)
    after = Eager().values(flow)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_takes_the_name_of_a_file_too(glow, original, tmp_path):
    reference = Reference()
    path = save(reference.variables, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, Eager(), reference.flags())
    assert original.load_original(flow, path + ".index") == []
    assert original.load_original(flow, tmp_path / "model_best_loss.ckpt") == []


@pytest.mark.parametrize("end", ["s", ".data-00000-of-00001"])
def test_refuses_paths_of_no_checkpoint(glow, original, tmp_path, end):
    path = save(Reference().variables, tmp_path / "model_best_loss.ckpt")
    flow = make_flow(glow, Eager(), Reference().flags())
    with pytest.raises(ValueError, match="cannot be read .*give the path without .index"):
        original.load_original(flow, path + end)


SHIFT = "bijection/layers/1/levels/0/layers/1/layers/0/shift"


@pytest.mark.slow
def test_the_command_makes_a_run_that_goes_on(glow, command, tmp_path, capsys):
    reference = Reference(permutation=1, ycond=1, classes=2)
    path = save(with_optimizer(reference.variables, shift=1.0), tmp_path / "model_best_loss.ckpt")
    logdir = str(tmp_path / "my run")
    flags = ["--logdir", logdir, "--problem=photos", "--n_test=20", "--epochs_warmup=0"]
    flags += ["--image_size=8", "--anchor_size=8", "--n_grid=1"]
    command.main(["--checkpoint", path] + flags)
    output = capsys.readouterr().out
    assert "Converted {}. Go on with:".format(path) in output
    assert " Variable, Variable_1, Variable_10, " in output
    assert "and {} more\n".format(3 * (len(reference.variables) - 8) + 1 - 10) in output
    with open(os.path.join(logdir, "config.json")) as file:
        kept = json.load(file)
    expected = dict(n_levels=2, depth=2, width=6, flow_permutation=1, flow_coupling=1)
    expected.update(learntop=True, ycond=True, problem="photos", n_test=20)
    assert {name: kept[name] for name in expected} == expected
    assert "checkpoint" not in kept
    reader = tf.train.load_checkpoint(logdir)
    assert reader.get_tensor("global_step") == 0
    shift = reference.variables["model/0/0/actnorm_center/b"].ravel()
    np.testing.assert_array_equal(reader.get_tensor("flow/" + SHIFT), shift)
    np.testing.assert_array_equal(reader.get_tensor("average/flow/" + SHIFT), shift)
    assert not np.any(reader.get_tensor("optimizer/m/flow/" + SHIFT))

    inference, training = (shlex.split(line)[2:] for line in output.splitlines()[-2:])
    glow.main(inference)
    expected = reference_bits(glow, reference, flags)
    bits = float(re.search(r"bits/dim: (.*)", capsys.readouterr().out).group(1))
    np.testing.assert_allclose(bits, expected, rtol=5e-3)
    glow.main(training + ["--steps=1"])
    assert "Held-out bits/dim after 1 steps" in capsys.readouterr().out


def reference_bits(glow, reference, flags):
    """What the reference makes of the held-out images, with other noise."""
    config = glow.parse_flags(glow.Config, flags)
    images, labels = glow.load_data(config).test.read(np.arange(config.n_test))
    noise = np.random.RandomState(0).uniform(size=images.shape)
    return np.mean(reference.bits_and_latents((images + noise) / 256.0 - 0.5, labels)[0])


def test_the_command_takes_averages_and_the_classifier(command, tmp_path):
    reference = Reference(levels=1, depth=1, ycond=1, classes=2)
    weight = np.arange(24, dtype=np.float32).reshape([12, 2])
    reference.variables["model/classifier/W"] = weight
    reference.variables["model/classifier/b"] = np.ones([1, 2], np.float32)
    reference.variables["model/classifier/logs"] = np.full([1, 2], 0.5, np.float32)
    path = save(with_optimizer(reference.variables, shift=1.0), tmp_path / "model_best_loss.ckpt")
    flags = ["--checkpoint", path, "--logdir", str(tmp_path / "run"), "--problem=photos"]
    command.main(flags + ["--average", "--weight_y=0.1"])
    reader = tf.train.load_checkpoint(str(tmp_path / "run"))
    expected = reference.variables["model/0/0/actnorm_center/b"].ravel() + 1.0
    np.testing.assert_allclose(reader.get_tensor("flow/" + SHIFT), expected, rtol=1e-6)
    for name, value in (("weight", weight + 1.0), ("bias", [2.0, 2.0]), ("log_scale", [1.5, 1.5])):
        value_got = reader.get_tensor("classifier/linear/" + name)
        np.testing.assert_array_equal(value_got, value)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--checkpoint={path}", "--depth=3"], "--depth is 3, but the checkpoint .* made with 2"),
        (["--checkpoint={path}", "--flow_permutation=1"], "--flow_permutation is 1, but .* with 2"),
        (["--checkpoint={path}", "--ycond"], "--ycond is True, but .* with False"),
        (["--checkpoint={path}", "--average"], "holds no averages"),
        (["--checkpoint={path}", "--plu"], "without --plu"),
        (["--checkpoint={other}"], "no variables of such a model"),
        (["--checkpoint={path}x"], "cannot be read as a checkpoint"),
        (["--checkpoint={path}", "--resume"], "--resume means nothing here"),
        (["--checkpoint={path}", "--restore_path=a"], "--restore_path means nothing here"),
        (["--checkpoint={path}", "--problem=digits"], "b must be .*for images of 3 channels"),
        (["--checkpoint={path}", "--n_bits_x=0"], "`num_bits` must be"),
        ([], "--checkpoint must be the path"),
    ],
)
def test_the_command_refuses_in_one_sentence(command, tmp_path, flags, message):
    path = save(Reference().variables, tmp_path / "model_best_loss.ckpt")
    other = save({"weight": np.float32(1.0)}, tmp_path / "other.ckpt")
    flags = [flag.format(path=path, other=other) for flag in flags]
    with pytest.raises(SystemExit, match=message):
        command.main(["--problem=photos", "--logdir", str(tmp_path / "run")] + flags)
    run = str(tmp_path / "run")
    there = os.listdir(run) if os.path.isdir(run) else []
    assert not [name for name in there if "ckpt" in name or name == "config.json"]


def test_the_command_spoils_no_run(command, tmp_path):
    path = save(Reference(levels=1, depth=1).variables, tmp_path / "model_best_loss.ckpt")
    before = sorted(os.listdir(str(tmp_path)))
    with pytest.raises(
        SystemExit,
        match="checkpoints that are not of a run .model_best_loss.ckpt.: choose another folder",
    ):
        command.main(["--checkpoint", path, "--logdir", str(tmp_path)])
    assert sorted(os.listdir(str(tmp_path))) == before


def test_the_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        command.main(["--help"])
    assert "read from the checkpoint" in capsys.readouterr().out.replace("\n", " ")
