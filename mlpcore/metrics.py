"""How good a classifier is: counts and ratios over true and predicted classes, and what it costs.

Labels are integer classes (n,); `predicted` may also be scores (n, K), whose largest counts.
"""

import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .autograd import Tensor, no_grad
from .checks import check_choice, check_examples, check_labels, check_whole
from .fast import blas_threads, one_blas_thread
from .losses import cross_entropy
from .module import Module, dtype_of

SMALL = 2**25  # multiplications in a batch that are not worth a second thread


def accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows whose class is right. [eq:accuracy] chapter 15, report B (47)."""
    predicted, labels = _classes(predicted, labels)
    return float((predicted == labels).mean())


def confusion_matrix(
    predicted: np.ndarray, labels: np.ndarray, num_classes: int | None = None
) -> np.ndarray:
    """Counts (K, K): row = true class, column = predicted class. [eq:confusion] chapter 15."""
    columns = np.shape(predicted)[1] if np.ndim(predicted) == 2 else 0  # one for each score
    predicted, labels = _classes(predicted, labels)
    largest = max(predicted.max(), labels.max())
    K = num_classes or max(int(largest) + 1, columns)
    if largest >= K:
        raise ValueError(f"confusion_matrix: class {largest} found; expected 0 to {K - 1}")
    return np.bincount(labels * K + predicted, minlength=K * K).reshape(K, K)


def precision(predicted, labels, average: str | None = "macro"):
    """TP / (TP + FP): of what was called class k, the share that is. Report B (49).

    average: "macro" (mean over classes), "micro" (all classes' counts together), "weighted" (mean
    by class size), None (one number for each class). 0 for a class never predicted.
    [eq:precision] chapter 15.
    """
    return _score(predicted, labels, average, lambda tp, fp, fn: (tp, tp + fp))


def recall(predicted, labels, average: str | None = "macro"):
    """TP / (TP + FN): of class k, the share found. Report B (48). [eq:recall] chapter 15."""
    return _score(predicted, labels, average, lambda tp, fp, fn: (tp, tp + fn))


def f1(predicted, labels, average: str | None = "macro"):
    """2 P R / (P + R), as 2 TP / (2 TP + FP + FN). Report B (50). [eq:f1] chapter 15."""
    return _score(predicted, labels, average, lambda tp, fp, fn: (2 * tp, 2 * tp + fp + fn))


def predict(net: Module, X: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """The network's output (n, k) for all of X, in evaluation mode; the mode is put back.

    Where it pays, several batches at once, on as many threads as BLAS may use: the same numbers.
    Not with a module of your own in it, which may keep things on itself while it runs.
    """
    check_whole(batch_size, "batch_size")
    X = check_examples(X, np.zeros((len(X), 1)), dtype_of(net))[0]
    modes = [(module, module.training) for _, module in net.modules()]
    ours = all(
        type(m).__module__.startswith("mlpcore.") and "forward" not in vars(m) for m, _ in modes
    )
    large = len(X) > batch_size and batch_size * count_parameters(net) > SMALL
    threads = blas_threads() if ours and large else 1
    starts = range(0, len(X), batch_size)

    def output(start):
        return net(X[start : start + batch_size]).data

    net.eval()
    try:
        with no_grad(), one_blas_thread():
            if threads == 1:
                parts = [output(i) for i in starts]
            else:
                with ThreadPoolExecutor(threads) as pool:
                    parts = list(pool.map(output, starts))
    finally:
        for module, mode in modes:
            module.training = mode
    return np.concatenate(parts)


def evaluate(net: Module, X, y, loss: Callable = cross_entropy) -> dict[str, float]:
    """{"loss": mean loss, "accuracy": share right} in evaluation mode (loss only for targets)."""
    X, y = check_examples(X, y, dtype_of(net))
    output = predict(net, X)
    with no_grad():
        result = {"loss": loss(Tensor(output), y).item()}
    if y.dtype.kind == "i":
        result["accuracy"] = float((output.argmax(axis=1) == y).mean())
    return result


def count_parameters(net) -> int:
    """How many numbers training changes."""
    return sum(p.data.size for p in net.parameters())


def inference_time(net, X, repeats: int = 5, answer: Callable = predict) -> float:
    """Seconds to predict all of `X`: the median of `repeats` runs after one to warm up."""
    seconds = timeit.repeat(lambda: answer(net, X), number=1, repeat=repeats + 1)
    return float(np.median(seconds[1:]))


def _classes(predicted, labels):
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.ndim == 2 and predicted.shape[1] > 1:
        predicted = predicted.argmax(axis=1)
    if labels.ndim != 1 or predicted.shape != labels.shape:
        given = f"predicted {predicted.shape}, labels {labels.shape}"
        raise ValueError(f"metrics: {given}; expected (n,) both")
    return check_labels(predicted, what="predicted"), check_labels(labels)


def _score(predicted, labels, average, formula):
    """formula: true positives, false positives, false negatives -> (part, whole) of the score."""
    check_choice(average, "average", ("macro", "micro", "weighted", None))
    counts = confusion_matrix(predicted, labels)
    tp = np.diag(counts)
    fp, fn = counts.sum(axis=0) - tp, counts.sum(axis=1) - tp
    if average == "micro":
        tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    part, whole = formula(tp, fp, fn)
    each = part / np.maximum(whole, 1)  # 0, not 0 / 0, for a class that nobody named
    if average is None:
        return each
    weights = tp + fn if average == "weighted" else tp + fp + fn > 0  # seen, or it has no say
    return float(np.average(each, weights=weights))
