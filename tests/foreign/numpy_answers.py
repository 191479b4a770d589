"""Dot products and whole networks in f32, f16 and bf16, as NumPy evaluates them.

numpy_answers.py FOLDER: for the f64 arrays of each FOLDER/NAME.in.npz, x [n, d], a0 [d, h], b0 [h],
a1 [h, k], b1 [k], writes FOLDER/NAME.TYPE.npz with one array y [n, k].

Sums run in the order of the index, products and sums rounded in float32, the bias last. In 16
bits, what is stored (weights, points, activations, answers) is rounded to them, once.
"""

import pathlib
import sys

import numpy as np


def bfloat16(x):
    """Nearest bfloat16, ties to even, by the bits: NumPy has no such type."""
    x = np.asarray(x)
    word, fraction = (np.uint64, 52) if x.dtype == np.float64 else (np.uint32, 23)
    dropped = word(fraction - 7)
    bits = x.view(word)
    last = (bits >> dropped) & word(1)
    half = (word(1) << (dropped - word(1))) - word(1)
    rounded = ((bits + half + last) >> dropped) << dropped
    # The format has the exponents of float32: what is normal there is normal here, and nothing else is asked for.
    value = rounded.view(x.dtype)
    assert np.all((x == 0) | (np.abs(x) >= 2.0**-126)) and np.all(np.isfinite(value))
    return value.astype(np.float32)


STORED = {
    "f32": lambda x: np.asarray(x).astype(np.float32),
    "f16": lambda x: np.asarray(x).astype(np.float16).astype(np.float32),
    "bf16": bfloat16,
}


def layer(x, weights, bias):
    """x [n, m] times weights [m, k], each sum in the order of m, then the bias; float32 throughout."""
    total = np.zeros((len(x), weights.shape[1]), np.float32)
    for j in range(x.shape[1]):
        total = total + x[:, j : j + 1] * weights[j]
    result = total + bias
    assert result.dtype == np.float32
    return result


def main():
    folder = pathlib.Path(sys.argv[1])
    with np.errstate(under="ignore"):
        for path in sorted(folder.glob("*.in.npz")):
            given = np.load(path)
            for name, stored in STORED.items():
                x, a0, b0, a1, b1 = (stored(given[key]) for key in ("x", "a0", "b0", "a1", "b1"))
                hidden = stored(np.maximum(layer(x, a0, b0), np.float32(0)))
                answers = stored(layer(hidden, a1, b1))
                np.savez(folder / f"{path.name.removesuffix('.in.npz')}.{name}.npz", y=answers)


main()
