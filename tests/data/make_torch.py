"""Makes the models that PyTorch's two exporters write: torch-script.onnx and torch-dynamo.onnx.

    python3 make_torch.py        (in the folder to write to; torch, onnx and onnxscript)

Those beside this file are of torch 2.15.0. torch-script.onnx: dynamo=False, 12-8-5-3 with Flatten,
Dropout and LogSoftmax. torch-dynamo.onnx: the default of today, 20-16-3; its larger weights are in
torch-dynamo.onnx.data. Of what the exporter writes, stack traces alone are taken out: they name
folders of the machine.
"""
import onnx
import torch
from torch.nn import Dropout, Flatten, Linear, LogSoftmax, ReLU, Sequential

torch.manual_seed(1)
deep = Sequential(Flatten(), Linear(12, 8), ReLU(), Dropout(), Linear(8, 5), ReLU(), Linear(5, 3), LogSoftmax(1))
plain = Sequential(Linear(20, 16), ReLU(), Linear(16, 3))
torch.onnx.export(
    deep.eval(), (torch.zeros(1, 3, 4),), "torch-script.onnx",
    dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}},
)
torch.onnx.export(
    plain.eval(), (torch.zeros(2, 20),), "torch-dynamo.onnx",
    dynamo=True, input_names=["x"], dynamic_shapes=({0: torch.export.Dim("n")},),
)
model = onnx.load("torch-dynamo.onnx", load_external_data=False)
for node in model.graph.node:
    kept = [entry for entry in node.metadata_props if entry.key != "pkg.torch.onnx.stack_trace"]
    del node.metadata_props[:]
    node.metadata_props.extend(kept)
onnx.save(model, "torch-dynamo.onnx")
