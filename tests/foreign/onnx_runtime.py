"""Answers of ONNX Runtime to 1,000 inputs, for every .onnx file in a folder.

    python3 tests/foreign/onnx_runtime.py FOLDER        (onnx, onnxruntime, numpy, skl2onnx)

First it adds models to the folder: as skl2onnx writes those of scikit-learn, and by onnx.helper
in other forms. For NAME.onnx it then writes the inputs to NAME.x.npz and the logits to NAME.y.npz,
both as an array x [1000, n], in the type in which the model computes.
"""
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

COUNT = 1000
FOLDER = Path(sys.argv[1])
RNG = np.random.default_rng(5)
LAYERS = {"Gemm", "MatMul", "Add"}


def scikit_learn():
    """A classifier of two classes, a deep one of three, and a regressor."""
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.filterwarnings("ignore")
    x = RNG.normal(size=(80, 6)).astype(np.float32)
    two, three = (x[:, 0] > 0).astype(int), np.digitize(x[:, 1], [-0.5, 0.5])
    models = {
        "sk-two": MLPClassifier((7,), max_iter=30, random_state=0).fit(x, two),
        "sk-three": MLPClassifier((8, 5), max_iter=30, random_state=0).fit(x, three),
        "sk-numbers": MLPRegressor(hidden_layer_sizes=(9,), max_iter=30, random_state=0).fit(x, x[:, :2] * x[:, 2:4]),
    }
    for name, model in models.items():
        onnx.save(to_onnx(model, x[:1]), FOLDER / f"{name}.onnx")


def save(name, nodes, tensors, axes, units, dtype=TensorProto.FLOAT):
    inputs = [helper.make_tensor_value_info("x", dtype, ["n", *axes])]
    outputs = [helper.make_tensor_value_info("y", dtype, ["n", units])]
    tensors = [t if isinstance(t, TensorProto) else numpy_helper.from_array(t[1], t[0]) for t in tensors]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / f"{name}.onnx")


def by_hand():
    def draw(*shape):
        return RNG.normal(size=shape).astype(np.float32)

    node = helper.make_node
    relu = node("Relu", ["z"], ["r"])
    save("hand-gemm", [
        node("Gemm", ["x", "A", "a"], ["z"], transB=1, alpha=0.75, beta=-1.5), relu,
        node("Gemm", ["r", "B", "b"], ["y"], alpha=0.3),
    ], [("A", draw(7, 5)), ("a", draw(1, 7)), ("B", draw(7, 2)), ("b", draw())], [5], 2)
    shape = numpy_helper.from_array(np.array([-1, 6]), "shape")
    save("hand-products", [
        node("Flatten", ["x"], ["f"]), node("Constant", [], ["s"], value=shape), node("Reshape", ["f", "s"], ["g"]),
        node("Transpose", ["A"], ["T"], perm=[1, 0]), node("MatMul", ["g", "T"], ["p"]), node("Add", ["a", "p"], ["z"]),
        relu, node("Identity", ["r"], ["i"]), node("Dropout", ["i"], ["d"]), node("MatMul", ["d", "B"], ["q"]),
        node("Relu", ["q"], ["v"]), node("Gemm", ["v", "C", "c"], ["w"], transB=1), node("Softmax", ["w"], ["y"]),
    ], [("A", draw(8, 6)), ("a", draw(8)), ("B", draw(8, 4)), ("C", draw(3, 4)), ("c", draw(3))], [2, 3], 3)
    half = helper.make_tensor("A", TensorProto.FLOAT16, [8, 6], draw(8, 6).astype(np.float16).ravel())
    brain = helper.make_tensor("B", TensorProto.BFLOAT16, [3, 8], draw(3, 8).ravel())
    assert half.int32_data and brain.int32_data
    save("hand-halves", [
        node("Cast", ["A"], ["F"], to=TensorProto.FLOAT), node("Gemm", ["x", "F", "a"], ["z"], transB=1), relu,
        node("Cast", ["B"], ["G"], to=TensorProto.FLOAT), node("Gemm", ["r", "G"], ["y"], transB=1),
    ], [half, ("a", draw(8)), brain], [6], 3)
    save("hand-double", [
        node("Gemm", ["x", "A", "a"], ["z"], transB=1), relu, node("Gemm", ["r", "B", "b"], ["y"]),
    ], [(n, RNG.normal(size=s)) for n, s in [("A", (9, 5)), ("a", 9), ("B", (9, 2)), ("b", 2)]], [5], 2, TensorProto.DOUBLE)


def logits(model):
    """The name of what the last layer makes, which becomes an output of the model if it is none."""
    name = [node for node in model.graph.node if node.op_type in LAYERS][-1].output[0]
    if name not in {output.name for output in model.graph.output}:
        model.graph.output.append(helper.make_empty_tensor_value_info(name))
    return name


def answer(path):
    model = onnx.load(path)
    name = logits(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    axes = given.shape[1:]
    dtype = np.float64 if given.type == "tensor(double)" else np.float32
    x = (RNG.normal(size=(COUNT, int(np.prod(axes)))) * 3).astype(dtype)
    (y,) = session.run([name], {given.name: x.reshape(COUNT, *axes)})
    np.savez(path.with_suffix(".x.npz"), x=x)
    np.savez(path.with_suffix(".y.npz"), x=y.reshape(COUNT, -1))


scikit_learn()
by_hand()
for path in sorted(FOLDER.glob("*.onnx")):
    answer(path)
