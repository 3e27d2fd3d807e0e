import json
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as v1
import tensorflow.compat.v2 as tf

from genflow.export import FrozenGraph, save_frozen_graph
from genflow.networks import MLP, BatchNorm, WeightNormConv

X = np.random.RandomState(0).uniform(-1.0, 1.0, [5, 6, 4, 2]).astype(np.float32)


@pytest.fixture
def session():
    with tf.Graph().as_default(), v1.Session() as session:
        yield session


def convolutions(x):
    """Two convolutions and a batch norm that has seen data; trained to leave its first values."""
    norm = BatchNorm(decay=0.5)
    parts = [WeightNormConv(4, stddev=0.5, seed=1), norm, WeightNormConv(3, stddev=0.5, seed=2)]

    def apply(h, training):
        for part in parts:
            h = tf.nn.relu(part(h, training=training))
        return h

    return apply(x, False), apply(x, True)


def saved(path, session, **manifest):
    """Saves a network; returns what its session gives for `X`."""
    x = v1.placeholder(tf.float32, [None, 6, 4, 2], name="whatever")
    y, training = convolutions(x)
    session.run(v1.global_variables_initializer())
    session.run(training, {x: 3.0 * X + 1.0})
    outputs = {"features": y, "means": tf.reduce_mean(y, axis=[1, 2])}
    save_frozen_graph(path, session, {"images": x}, outputs, manifest)
    return session.run(outputs, {x: X})


def path_in(folder):
    return str(folder / "network.pb")


def edit_manifest(path, **fields):
    with open(path + ".json") as file:
        manifest = json.load(file)
    manifest.update(fields)
    with open(path + ".json", "w") as file:
        json.dump({name: value for name, value in manifest.items() if value is not None}, file)


def test_the_numbers_are_those_of_the_session(tmp_path, session):
    expected = saved(path_in(tmp_path), session)

    found = FrozenGraph(path_in(tmp_path))(images=X)

    assert sorted(found) == ["features", "means"]
    assert np.abs(expected["features"]).max() > 0.1
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-6)


def test_it_needs_neither_the_session_nor_its_variables(tmp_path):
    with tf.Graph().as_default(), v1.Session() as session:
        expected = saved(path_in(tmp_path), session)
    with tf.Graph().as_default() as graph:
        frozen = FrozenGraph(path_in(tmp_path))

        np.testing.assert_allclose(frozen(images=X)["means"], expected["means"], atol=1e-6)
        assert not graph.get_operations()


def test_any_number_of_examples(tmp_path, session):
    expected = saved(path_in(tmp_path), session)["features"]
    frozen = FrozenGraph(path_in(tmp_path))

    for count in (1, 3):
        found = frozen(images=X[:count])["features"]
        np.testing.assert_allclose(found, expected[:count], rtol=1e-6, atol=1e-6)


def test_the_manifest_says_what_is_in_the_file(tmp_path, session):
    saved(path_in(tmp_path), session, value_range=[-1, 1])
    frozen = FrozenGraph(path_in(tmp_path))

    assert frozen.inputs == {"images": tf.TensorSpec([None, 6, 4, 2], tf.float32)}
    assert frozen.outputs == {
        "features": tf.TensorSpec([None, 6, 4, 3], tf.float32),
        "means": tf.TensorSpec([None, 3], tf.float32),
    }
    assert frozen.manifest["value_range"] == [-1, 1]
    assert sorted(os.listdir(str(tmp_path))) == ["network.pb", "network.pb.json"]


def test_the_file_is_the_same_when_it_is_written_again(tmp_path):
    hashes = set()
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        with tf.Graph().as_default(), v1.Session() as session:
            saved(path_in(folder), session)
        hashes.add(FrozenGraph(path_in(folder)).sha256)

    assert len(hashes) == 1


def test_nodes_have_the_names_of_the_inputs_and_outputs(tmp_path, session):
    saved(path_in(tmp_path), session)
    graph_def = v1.GraphDef.FromString((tmp_path / "network.pb").read_bytes())
    operations = {node.name: node.op for node in graph_def.node}

    assert operations["images"] == "Placeholder"
    assert (operations["features"], operations["means"]) == ("Identity", "Identity")
    assert not [op for op in operations.values() if "Var" in op]


def test_attributes_that_another_tensorflow_may_not_know_are_left_out(tmp_path, session):
    saved(path_in(tmp_path), session)
    graph_def = v1.GraphDef.FromString((tmp_path / "network.pb").read_bytes())
    (padding, dilation) = {
        (node.attr["padding"].s, "dilations" in node.attr)
        for node in graph_def.node
        if node.op == "Conv2D"
    }.pop()

    assert (padding, dilation) == (b"SAME", False)


def test_what_comes_before_an_input_is_cut_off(tmp_path, session):
    dataset = tf.data.Dataset.range(9).map(
        lambda i: tf.numpy_function(lambda i: np.float32([i, 2 * i]), [i], tf.float32)
    )
    values = v1.data.make_one_shot_iterator(dataset).get_next()
    x = v1.placeholder_with_default(tf.reshape(values, [-1, 2]), [None, 2])
    y = 2.0 * tf.identity(x)
    save_frozen_graph(path_in(tmp_path), session, {"x": x}, {"y": y, "x_again": x})

    found = FrozenGraph(path_in(tmp_path))(x=[[1.0, 3.0]])

    np.testing.assert_array_equal(found["y"], [[2.0, 6.0]])
    np.testing.assert_array_equal(found["x_again"], [[1.0, 3.0]])


def test_an_input_may_be_one_of_several_results(tmp_path, session):
    left, right = tf.split(tf.ones([2, 4]), 2, axis=1)
    save_frozen_graph(path_in(tmp_path), session, {"right": right}, {"sum": left + 2.0 * right})

    found = FrozenGraph(path_in(tmp_path))(right=np.full([2, 2], 3.0))

    np.testing.assert_array_equal(found["sum"], np.full([2, 2], 7.0))


def test_variables_of_the_old_kind_are_folded_too(tmp_path, session):
    weight = v1.get_variable("weight", initializer=[2.0, 5.0], use_resource=False)
    x = v1.placeholder(tf.float32, [None, 2])
    y = x * weight
    session.run(v1.global_variables_initializer())
    save_frozen_graph(path_in(tmp_path), session, {"x": x}, {"y": y})

    found = FrozenGraph(path_in(tmp_path))(x=[[1.0, 3.0]])

    np.testing.assert_array_equal(found["y"], [[2.0, 15.0]])


def test_outputs_may_be_inputs_and_variables(tmp_path, session):
    weight, x = tf.Variable(lambda: tf.constant([2.0, 5.0])), v1.placeholder(tf.float32, [None, 2])
    outputs = {"same": x, "weight": tf.convert_to_tensor(weight)}
    session.run(v1.global_variables_initializer())
    save_frozen_graph(path_in(tmp_path), session, {"x": x}, outputs)

    found = FrozenGraph(path_in(tmp_path))(x=[[1.0, 3.0]])

    np.testing.assert_array_equal(found["same"], [[1.0, 3.0]])
    np.testing.assert_array_equal(found["weight"], [2.0, 5.0])


def test_an_older_file_is_replaced(tmp_path, session):
    saved(path_in(tmp_path), session)
    before = FrozenGraph(path_in(tmp_path)).sha256
    x = v1.placeholder(tf.float32, [None, 3])
    y = MLP([4], out_channels=2)(x)
    session.run(v1.global_variables_initializer())
    save_frozen_graph(path_in(tmp_path), session, {"x": x}, {"y": y})

    assert list(FrozenGraph(path_in(tmp_path)).inputs) == ["x"]
    assert FrozenGraph(path_in(tmp_path)).sha256 != before


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((["a b"], ["y"]), "must be Python names; got 'a b'"),
        ((["class"], ["y"]), "must be Python names; got 'class'"),
        ((["x"], ["x"]), "must differ; got 'x' twice"),
        ((["x"], ["X"]), "must differ; got 'x' twice"),
        ((["x"], []), "`outputs` must name at least one tensor"),
    ],
)
def test_rejects_names(tmp_path, session, names, message):
    x = v1.placeholder(tf.float32, [None, 2])
    inputs, outputs = {name: x for name in names[0]}, {name: 2.0 * x for name in names[1]}

    with pytest.raises(ValueError, match=message):
        save_frozen_graph(path_in(tmp_path), session, inputs, outputs)


def test_rejects_a_field_of_its_own_in_the_manifest(tmp_path, session):
    with pytest.raises(ValueError, match="`manifest` must not have the field 'sha256'"):
        saved(path_in(tmp_path), session, sha256="0")


def test_rejects_what_is_not_a_function_of_the_inputs(tmp_path, session):
    x, other = v1.placeholder(tf.float32, [2]), v1.placeholder(tf.float32, [2], name="other")
    variable = tf.Variable(lambda: tf.zeros([2]), name="counter")
    session.run(v1.global_variables_initializer())
    with tf.control_dependencies([variable.assign_add(x, read_value=False)]):
        moved = 2.0 * x
    computed = tf.numpy_function(lambda a: a * a, [x], tf.float32)
    text = tf.strings.length(tf.strings.as_string(x))

    def message(outputs, inputs=None):
        with pytest.raises(ValueError, match=r".+") as caught:
            save_frozen_graph(path_in(tmp_path), session, inputs or {"x": x}, outputs)
        return str(caught.value)

    assert "the placeholder 'other'; name it among the `inputs`" in message({"y": x + other})
    assert "No output depends on the input 'z'" in message({"y": 2.0 * x}, {"x": x, "z": other})
    assert "AssignAddVariableOp" in message({"y": moved})
    assert "`training=True`" in message({"y": moved})
    assert "PyFunc" in message({"y": computed})
    assert "numbers" in message({"y": text})
    assert os.listdir(str(tmp_path)) == []


def test_rejects_wrong_arrays(tmp_path, session):
    saved(path_in(tmp_path), session)
    frozen = FrozenGraph(path_in(tmp_path))

    with pytest.raises(ValueError, match=r"takes the inputs 'images'; got 'image'"):
        frozen(image=X)
    with pytest.raises(ValueError, match=r"`images` must have the shape \(None, 6, 4, 2\); got"):
        frozen(images=X[:, :5])


@pytest.mark.parametrize("kind", ["cut off", "changed", "empty"])
def test_rejects_a_damaged_file(tmp_path, session, kind):
    saved(path_in(tmp_path), session)
    file = tmp_path / "network.pb"
    contents = file.read_bytes()
    damaged = bytearray(contents)
    damaged[len(contents) // 2] ^= 1
    file.write_bytes({"cut off": contents[:-9], "changed": bytes(damaged), "empty": b""}[kind])

    with pytest.raises(ValueError, match="network.pb is damaged, or not the file that .*json"):
        FrozenGraph(path_in(tmp_path))


def test_rejects_what_is_not_there(tmp_path, session):
    with pytest.raises(FileNotFoundError, match="network.pb.json, .*`save_frozen_graph`"):
        FrozenGraph(path_in(tmp_path))
    saved(path_in(tmp_path), session)
    (tmp_path / "network.pb").unlink()

    with pytest.raises(FileNotFoundError, match="network.pb"):
        FrozenGraph(path_in(tmp_path))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sha256": None}, "`sha256`"),
        ({"version": 7}, "version 1; got 7"),
        ({"inputs": {"images": {"shape": [None], "dtype": "float99"}}}, "`inputs`"),
        ({"inputs": {"images": {"shape": "wide", "dtype": "float32"}}}, "`inputs`"),
        ({"inputs": {"images": {"shape": [float("inf")], "dtype": "float32"}}}, "`inputs`"),
        ({"outputs": {"features": {"dtype": "float32"}}}, "`outputs`"),
        ({"outputs": []}, "`outputs`"),
        ({"outputs": {"absent": {"shape": [None], "dtype": "float32"}}}, "no 'absent:0'"),
        ({"outputs": {"means": {"shape": [None], "dtype": "int32"}}}, "'means:0' .* int32"),
        ({"inputs": {}}, "the placeholder 'images'"),
    ],
)
def test_rejects_a_wrong_manifest(tmp_path, session, fields, message):
    saved(path_in(tmp_path), session)
    edit_manifest(path_in(tmp_path), **fields)

    with pytest.raises(ValueError, match=message):
        FrozenGraph(path_in(tmp_path))


@pytest.mark.parametrize("contents", ["", "[]", "{", "\x00"])
def test_rejects_a_manifest_that_is_none(tmp_path, session, contents):
    saved(path_in(tmp_path), session)
    (tmp_path / "network.pb.json").write_text(contents)

    with pytest.raises(ValueError, match="network.pb.json must be a JSON object"):
        FrozenGraph(path_in(tmp_path))
