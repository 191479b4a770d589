"""Makes the files beside it: networks and answers as NumPy writes and computes them.

    python3 tests/data/make.py        (NumPy 2; no other package)

A network of 3 inputs, 2 hidden units and 2 outputs (1 where an axis is dropped) has weights
counted in the order of A0, b0, A1, b1, row by row: number n is ((7 n + 3) mod 31 - 15) / 8.
"""
import json
import struct
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def weights(outputs, dtype=np.float64):
    shapes = [(3, 2), (2,), (2, outputs), (outputs,)]
    arrays, start = [], 0
    for shape in shapes:
        n = np.arange(start, start + np.prod(shape, dtype=int))
        arrays.append((((7 * n + 3) % 31 - 15) / 8).astype(dtype).reshape(shape))
        start += n.size
    return dict(zip(["A0", "b0", "A1", "b1"], arrays))


def with_version(path, arrays, version):
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, array, version=version)


def networks():
    np.savez(HERE / "c-order.npz", **weights(2))
    np.savez(HERE / "fortran-order.npz", **{k: np.asfortranarray(a) for k, a in weights(2).items()})
    np.savez(HERE / "big-endian.npz", **weights(2, ">f4"))
    np.savez(HERE / "half.npz", **weights(2, np.float16))
    np.savez_compressed(HERE / "compressed.npz", **weights(2))
    one = weights(1)
    np.savez(HERE / "axes-dropped.npz", A0=one["A0"], b0=one["b0"], A1=one["A1"][:, 0], b1=one["b1"][0])
    with_version(HERE / "header-2.npz", weights(2), (2, 0))
    with_version(HERE / "header-3.npz", weights(2), (3, 0))


def samples():
    """Images of integers, first axis fastest: pixel (i, r, c) is 100 i + 10 r + c."""
    i, r, c = np.ogrid[:4, :3, :2]
    images = np.asfortranarray((100 * i + 10 * r + c).astype(np.int16))
    np.savez(HERE / "images-fortran.npz", images=images, labels=np.array([0, 1, 2, 1], dtype=np.uint8))


def read_safetensors(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    kinds = {"F32": np.float32, "F64": np.float64}
    return {
        name: np.frombuffer(body[slice(*info["data_offsets"])], kinds[info["dtype"]]).reshape(info["shape"])
        for name, info in header.items()
        if name != "__metadata__"
    }


def in_order(x, tensors, dtype):
    """Every sum from zero in the order of the index, each product rounded, the bias last."""

    def layer(x, weight, bias):
        total = np.zeros((len(x), len(weight)), dtype)
        for j in range(weight.shape[1]):
            total = total + x[:, j : j + 1] * weight[:, j]
        return total + bias

    first, first_bias, second, second_bias = (
        tensors[name].astype(dtype) for name in ["0.weight", "0.bias", "2.weight", "2.bias"]
    )
    hidden = layer(x.astype(dtype), first, first_bias)
    return layer(np.maximum(hidden, 0).astype(dtype), second, second_bias)


def answers():
    """Answers of the bundled victim: by matrix products, and by loops in the stated order."""
    tensors = read_safetensors(HERE.parent.parent / "data" / "digits-64-32-10.safetensors")
    draw = np.random.default_rng(1)
    digits = draw.integers(0, 17, (24, 64)) / 16
    far = draw.integers(-(2**20), 2**20, (24, 64)) / 2**10
    x = np.concatenate([digits, far])
    wide = {name: t.astype(np.float64) for name, t in tensors.items()}
    hidden = np.maximum(x @ wide["0.weight"].T + wide["0.bias"], 0)
    products = hidden @ wide["2.weight"].T + wide["2.bias"]
    np.savez_compressed(
        HERE / "digits.io.npz",
        x=x,
        products=products,
        in_order_f64=in_order(x, tensors, np.float64),
        in_order_f32=in_order(x, tensors, np.float32),
    )


if __name__ == "__main__":
    networks()
    samples()
    answers()
