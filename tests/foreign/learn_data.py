"""Data sets in their true formats, written by NumPy, SciPy, Pillow and Python's own pickle into a folder.

Image i has class i % classes; pixel (channel, row, column) is (7 i + 31 channel + 5 row + column) % 251.
"""

import gzip
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

root = Path(sys.argv[1])


def images(count, channels, side, first=0):
    i, c, r, k = np.ogrid[first : first + count, :channels, :side, :side]
    return ((7 * i + 31 * c + 5 * r + k) % 251).astype(np.uint8)


def labels(count, classes, first=0):
    return np.arange(first, first + count) % classes


def folder(name):
    path = root / name
    path.mkdir(parents=True)
    return path


# CIFAR: 100 images to learn from in two batches, 40 held out.
parts = [("data_batch_1", 0, 60), ("data_batch_2", 60, 40), ("test_batch", 100, 40)]
binary, pickles, newer = folder("cifar10"), folder("cifar10-python"), folder("cifar10-newer")
for name, first, count in parts:
    x, y = images(count, 3, 32, first).reshape(count, -1), labels(count, 10, first)
    (binary / f"{name}.bin").write_bytes(np.hstack([y.astype(np.uint8)[:, None], x]).tobytes())
    batch = {"batch_label": name, "labels": y.tolist(), "data": x, "filenames": [f"{i}.png" for i in range(count)]}
    # As Python 2 wrote the distributed files: names as bytes, protocol 2; and as a newer Python does.
    (pickles / name).write_bytes(pickle.dumps({k.encode(): v for k, v in batch.items()}, protocol=2))
    (newer / name).write_bytes(pickle.dumps(batch, protocol=4))
hundred, hundred_pickles = folder("cifar100"), folder("cifar100-python")
for name, first, count in [("train", 0, 120), ("test", 120, 110)]:
    x, y = images(count, 3, 32, first).reshape(count, -1), labels(count, 100, first)
    both = np.stack([y // 5, y], axis=1).astype(np.uint8)
    (hundred / f"{name}.bin").write_bytes(np.hstack([both, x]).tobytes())
    batch = {b"coarse_labels": (y // 5).tolist(), b"fine_labels": y.tolist(), b"data": x}
    (hundred_pickles / name).write_bytes(pickle.dumps(batch, protocol=2))

# SVHN: the first axis is rows, the last counts images; the digit 0 is labelled 10.
for name, compressed in [("svhn", True), ("svhn-plain", False)]:
    path = folder(name)
    for part, first, count in [("train", 0, 100), ("test", 100, 40)]:
        y = labels(count, 10, first).astype(np.uint8)
        y[y == 0] = 10
        contents = {"X": images(count, 3, 32, first).transpose(2, 3, 1, 0), "y": y[:, None]}
        savemat(path / f"{part}_32x32.mat", contents, do_compression=compressed)

# IDX, plain and compressed.
for name, packed in [("idx", False), ("idx-gz", True)]:
    path = folder(name)
    for part, first, count in [("train", 0, 100), ("t10k", 100, 40)]:
        x, y = images(count, 1, 28, first), labels(count, 10, first).astype(np.uint8)
        for what, data in [
            (f"{part}-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28) + x.tobytes()),
            (f"{part}-labels-idx1-ubyte", struct.pack(">4BI", 0, 0, 8, 1, count) + y.tobytes()),
        ]:
            (path / (what + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)

# Folders of PNG, grey and in colour, held out or not.
for part, first, count in [("train", 0, 30), ("test", 30, 12)]:
    for i, image in enumerate(images(count, 3, 12, first)):
        path = root / "png" / part / f"class{(first + i) % 3}"
        path.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(path / f"{first + i:04}.png")
for i, image in enumerate(images(30, 1, 12)):
    path = root / "grey" / f"class{i % 3}"
    path.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[0]).save(path / f"{i:04}.png")
# JPEG loses: constant images, so that a pixel is known to within a level or two.
for i in range(20):
    path = root / "jpeg" / f"class{i % 2}"
    path.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8, 3), 10 * i, np.uint8)).save(path / f"{i:04}.jpg", quality=95)
