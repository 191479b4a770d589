"""The parts of MixMatch in NumPy, written from the paper; prints inputs and answers as JSON."""

import json

import numpy as np

draw = np.random.RandomState(0)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def listed(**arrays):
    return {name: np.asarray(array).tolist() for name, array in arrays.items()}


n, k, d, views = 7, 5, 11, 3
logits = [draw.normal(scale=3.0, size=(n, k)) for _ in range(views)]
guessed = np.mean([softmax(z) for z in logits], axis=0)
temperature = 0.5
raised = guessed ** (1 / temperature)
sharp = raised / raised.sum(axis=1, keepdims=True)

x = draw.uniform(size=(n, d))
labels = softmax(draw.normal(size=(n, k)))
lam = draw.beta(0.75, 0.75, size=n)
order = draw.permutation(n)
larger = np.maximum(lam, 1 - lam)[:, None]
mixed = larger * x + (1 - larger) * x[order]
mixed_labels = larger * labels + (1 - larger) * labels[order]

out = draw.normal(scale=2.0, size=(n, k))
# By the sum over examples and classes, not by a library's cross-entropy.
labelled = -sum(labels[i, c] * (out[i, c] - np.log(np.exp(out[i]).sum())) for i in range(n) for c in range(k)) / n
unlabelled = sum((softmax(out)[i, c] - sharp[i, c]) ** 2 for i in range(n) for c in range(k)) / (n * k)

# Adam with weight decay and the running average, six steps of given gradients.
rate, decay, average = 0.01, 0.02, 0.9
w = draw.normal(size=d)
start, ema, m, s = w.copy(), w.copy(), np.zeros(d), np.zeros(d)
gradients = draw.normal(size=(6, d))
for t, g in enumerate(gradients, 1):
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g * g
    w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
    w = w * (1 - rate * decay)
    ema = average * ema + (1 - average) * w

print(
    json.dumps(
        listed(
            logits=logits,
            guess=guessed,
            temperature=temperature,
            sharp=sharp,
            x=x,
            labels=labels,
            lam=lam,
            order=order,
            mixed=mixed,
            mixed_labels=mixed_labels,
            out=out,
            labelled=labelled,
            unlabelled=unlabelled,
            rate=rate,
            decay=decay,
            average=average,
            start=start,
            gradients=gradients,
            weights=w,
            ema=ema,
        )
    )
)
