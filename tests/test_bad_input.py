"""Bad input: each a clear error that names what was given and what was expected.

One table: a name, the call, the error, and a pattern its message must contain. A bare NumPy error,
a wrong answer or a hang fails the test; so does a vague message.
"""

import numpy as np
import pytest

from mlpcore import (
    SGD,
    Adam,
    AdamW,
    EarlyStopping,
    Parameter,
    RMSprop,
    Tensor,
    cross_entropy,
    evaluate,
    fit,
    gelu,
    init,
    metrics,
    models,
    mse,
    no_grad,
    ops,
    predict,
    relu,
    schedules,
    softmax,
    training_steps,
)
from mlpcore.autograd import Recordable
from mlpcore.checkpoint import load, save
from mlpcore.nn import (
    GELU,
    BatchNorm1d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    Module,
    ReLU,
    Residual,
    Sequential,
    Softmax,
)
from mlpcore.optim import Optimizer

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.integers(0, 3, 12)
LOGITS = RNG.normal(size=(6, 3))
LABELS = np.array([0, 1, 2, 0, 1, 2])


def network(*more):
    return Sequential(Linear(4, 3, rng=np.random.default_rng(0)), *more)


def train(X=X, y=Y, net=None, make=SGD, steps=False, **settings):
    """fit (or all training_steps) with one thing wrong."""
    net = net or network()
    opt = settings.pop("optimizer", None) or make(net.parameters())
    settings = {"epochs": 1, "batch_size": 4, "rng": np.random.default_rng(0)} | settings
    if steps:
        return list(training_steps(net, X, y, optimizer=opt, **settings))
    return fit(net, X, y, optimizer=opt, progress=False, **settings)


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


def params():
    return network().parameters()


def twice_given():
    p = params()
    return SGD([*p, p[0]])


def step_without_backward():
    net = network()
    SGD(net.parameters()).step()


def step_after_zero_grad():
    net = network()
    opt = SGD(net.parameters())
    cross_entropy(net(X), Y).backward()
    opt.zero_grad()
    opt.step()


def second_backward():
    loss = cross_entropy(network()(X), Y)
    loss.backward()
    loss.backward()


def stale_graph():
    net = network()
    opt = SGD(net.parameters())
    one, two = cross_entropy(net(X), Y), cross_entropy(net(X), Y)
    one.backward()
    opt.step()
    two.backward()


def backward_under_no_grad():
    with no_grad():
        loss = cross_entropy(network()(X), Y)
    loss.backward()


def optimizer_of_float32_on_a_network_of_float64():
    net = network()
    opt = SGD(net.parameters())
    net.double()
    cross_entropy(net(X), Y).backward()
    opt.step()


def ones(*shape, dtype=np.float64):
    return np.ones(shape, dtype)


def batch_norm(*shape, **settings):
    return ops.batch_norm(ones(*shape), ones(3), ones(3), **settings)


WORDS = np.array([["a", "b", "c", "d"]] * 12)
COMPLEX = X + 1j
OBJECTS = X.astype(object)
NAN, INF = changed(X, (3, 2), np.nan), changed(X, (0, 0), np.inf)
ONE_HOT, BY_ACCURACY = np.eye(3)[Y], EarlyStopping(monitor="val_accuracy")
V, T = ValueError, TypeError

CASES = {
    # --- operations -------------------------------------------------------------------------------
    "linear: features": (
        lambda: ops.linear(ones(5, 4), ones(3, 2)), V, r"\(5, 4\).*expected X \(n, 3\)",
    ),
    "linear: one row": (
        lambda: ops.linear(ones(3), ones(3, 2)), V, r"shape \(3,\).*rows are examples",
    ),
    "linear: bias": (lambda: ops.linear(ones(5, 3), ones(3, 2), ones(4)), V, r"b.*\(4,\).*\(2,\)"),
    "linear: bias (1, out)": (
        lambda: ops.linear(ones(5, 3), ones(3, 2), ones(5, 2)), V, r"\(5, 2\).*\(2,\)",
    ),
    "linear: bias by keyword": (
        lambda: ops.linear(Tensor(ones(5, 3)), ones(3, 2), b=Parameter(ones(2))),
        T, "linear: give the Tensor 'b' by position",
    ),
    "dropout: p = 1": (lambda: ops.dropout(X, p=1.0, rng=RNG), V, "p is 1.0; expected 0 <= p < 1"),
    "dropout: p < 0": (
        lambda: ops.dropout(X, p=-0.1, rng=RNG), V, "p is -0.1; expected 0 <= p < 1",
    ),
    "dropout: p is NaN": (lambda: ops.dropout(X, p=np.nan, rng=RNG), V, "p is nan; expected 0 <="),
    "dropout: no generator": (lambda: ops.dropout(X, p=0.5), T, "rng is None.*default_rng"),
    "dropout: a seed": (lambda: ops.dropout(X, p=0.5, rng=3), T, "rng is 3.*default_rng"),
    "dropout: integers": (
        lambda: ops.dropout(np.ones((2, 2), np.int64), p=0.5, rng=RNG), T, "int64; expected floats",
    ),
    "batch_norm: one row": (
        lambda: batch_norm(1, 3), V, "batch of 1 row has no variance.*drop_last",
    ),
    "batch_norm: no row": (lambda: batch_norm(0, 3), V, "batch of 0 row"),
    "batch_norm: features": (lambda: batch_norm(5, 4), V, r"shape \(5, 4\); expected \(n, 3\)"),
    "batch_norm: three axes": (lambda: batch_norm(5, 2, 3), V, r"\(5, 2, 3\); expected \(n, 3\)"),
    "batch_norm: nothing to evaluate with": (
        lambda: batch_norm(5, 3, training=False),
        V, "evaluation needs running_mean and running_var",
    ),
    "layer_norm: features": (
        lambda: ops.layer_norm(ones(5, 4), ones(3), ones(3)),
        V, r"shape \(5, 4\); expected \(\.\.\., 3\)",
    ),
    "gelu: form": (
        lambda: gelu(X, approximate="erf"),
        V, "approximate is 'erf'; expected one of .*'none', 'tanh'",
    ),
    "GELU: form": (lambda: GELU("sigmoid")(X), V, "'sigmoid'; expected one of .*'none'"),
    "matmul: vector": (
        lambda: ops.matmul(ones(3), ones(3, 2)), V, r"\(3,\) and \(3, 2\); expected 2 axes",
    ),
    "concatenate: a list": (lambda: ops.concatenate([ones(2), ones(2)]), T, "one by one"),
    "array of Tensors": (lambda: np.array([Tensor(ones(2))]), T, r"lose the tape.*\.data"),
    "Tensor of integers": (
        lambda: Tensor(np.arange(3), requires_grad=True), T, "int64; gradients need floats",
    ),
    "record": (lambda: Recordable.record(relu, (), {}), NotImplementedError, ""),
    # --- losses -----------------------------------------------------------------------------------
    "cross_entropy: label too large": (
        lambda: cross_entropy(LOGITS, changed(LABELS, 0, 3)),
        V, "labels run from 0 to 3; 3 logits a row allow 0 to 2",
    ),
    "cross_entropy: negative label": (
        lambda: cross_entropy(LOGITS, changed(LABELS, 0, -1)), V, "run from -1 to 2.*allow 0 to 2",
    ),
    "cross_entropy: fewer labels": (
        lambda: cross_entropy(LOGITS, LABELS[:4]), V, r"shape \(4,\); expected \(6,\)",
    ),
    "cross_entropy: a column of labels": (
        lambda: cross_entropy(LOGITS, LABELS[:, None]),
        V, r"shape \(6, 1\); expected \(6,\).*ravel",
    ),
    "cross_entropy: float classes": (
        lambda: cross_entropy(LOGITS, LABELS.astype(float)),
        V, r"shape \(6,\); expected \(6, 3\).*integers",
    ),
    "cross_entropy: rows of sum 2": (
        lambda: cross_entropy(LOGITS, 2 * np.eye(3)[LABELS]), V, "sum to 1",
    ),
    "cross_entropy: negative probability": (
        lambda: cross_entropy(LOGITS, np.array([[2.0, -1, 0]] * 6)), V, ">= 0 and sum to 1",
    ),
    "cross_entropy: NaN labels": (
        lambda: cross_entropy(LOGITS, np.full((6, 3), np.nan)), V, "sum to 1",
    ),
    "cross_entropy: words": (
        lambda: cross_entropy(LOGITS, np.array(list("abcabc"))),
        T, "labels are <U1; expected integers",
    ),
    "cross_entropy: truth values": (
        lambda: cross_entropy(LOGITS, LABELS > 1), T, "labels are bool; expected integers",
    ),
    "cross_entropy: no rows": (
        lambda: cross_entropy(LOGITS[:0], LABELS[:0]),
        V, r"shape \(0, 3\); expected \(n, K\), n > 0",
    ),
    "cross_entropy: flat logits": (
        lambda: cross_entropy(LOGITS.ravel(), LABELS), V, r"shape \(18,\); expected \(n, K\)",
    ),
    "cross_entropy: smoothing": (
        lambda: cross_entropy(LOGITS, LABELS, label_smoothing=1.0),
        V, "label_smoothing is 1.0; expected 0 <= label_smoothing < 1",
    ),
    "mse: column and row": (
        lambda: mse(ones(5, 1), ones(5)), V, r"\(5, 1\) and target \(5,\); expected the same",
    ),
    "mse: empty": (lambda: mse(ones(0, 1), ones(0, 1)), V, r"\(0, 1\).*not empty"),
    # --- the tape ---------------------------------------------------------------------------------
    "second backward": (
        second_backward, RuntimeError, "used up by an earlier backward.*forward pass again",
    ),
    "stale graph": (stale_graph, RuntimeError, "changed since the forward pass.*stale"),
    "backward without a tape": (
        backward_under_no_grad, RuntimeError, r"nothing was recorded.*no_grad\(\)",
    ),
    "backward of a batch": (
        lambda: network()(X).backward(), V, r"shape \(12, 3\); start from a scalar loss",
    ),
    "two dtypes": (
        lambda: network()(Tensor(X, requires_grad=True)),
        T, r"Tensors of float64 and of float32.*net\.double\(\)",
    ),
    # --- modules ----------------------------------------------------------------------------------
    "Linear: no generator": (
        lambda: Linear(4, 3, rng=None), T, "rng is None; expected .*default_rng",
    ),
    "Linear: a seed": (lambda: Linear(4, 3, rng=0), T, "rng is 0; expected .*default_rng"),
    "Linear: no inputs": (lambda: Linear(0, 3, rng=RNG), V, r"\(0, 3\); expected .*at least 1"),
    "Linear: init": (
        lambda: Linear(4, 3, rng=RNG, init="he"),
        V, "init is 'he'; expected one of .*'kaiming_normal'",
    ),
    "Linear: turned init": (
        lambda: Linear(4, 3, rng=RNG, init=lambda s, r: ones(3, 4)),
        V, r"init gave \(3, 4\); expected \(4, 3\)",
    ),
    "Linear: features": (lambda: network()(ones(5, 3)), V, r"\(5, 3\).*expected X \(n, 4\)"),
    "Linear: one row": (lambda: network()(ones(4)), V, r"\(4,\).*rows are examples"),
    "Linear: words": (lambda: network()(WORDS), T, "<U1; expected an array of real numbers"),
    "Linear: objects": (lambda: network()(OBJECTS), T, "object; expected an array of real numbers"),
    "Linear: complex": (
        lambda: network()(COMPLEX), T, "complex128; expected an array of real numbers",
    ),
    "BatchNorm1d: words": (
        lambda: BatchNorm1d(4)(WORDS), T, "<U1; expected an array of real numbers",
    ),
    "LayerNorm: objects": (
        lambda: LayerNorm(4)(OBJECTS), T, "object; expected an array of real numbers",
    ),
    "ReLU: complex": (lambda: ReLU()(COMPLEX), T, "complex128; expected an array of real numbers"),
    "Flatten: words": (lambda: Flatten()(WORDS), T, "<U1; expected an array of real numbers"),
    "Residual: words": (
        lambda: Residual(ReLU())(WORDS), T, "<U1; expected an array of real numbers",
    ),
    "Dropout: p = 1": (lambda: Dropout(1.0), V, "p is 1.0; expected 0 <= p < 1"),
    "Dropout: p > 1": (lambda: Dropout(25, RNG), V, "p is 25; expected 0 <= p < 1"),
    "Dropout: no generator": (
        lambda: network(Dropout(0.5))(X), T, r"rng is None; expected .*default_rng.*net\.eval\(\)",
    ),
    "BatchNorm1d: one row": (
        lambda: network(BatchNorm1d(3))(X[:1]), V, "batch of 1 row has no variance.*eval",
    ),
    "BatchNorm1d: features": (lambda: BatchNorm1d(5)(X), V, r"\(12, 4\); expected \(n, 5\)"),
    "LayerNorm: features": (lambda: LayerNorm(5)(X), V, r"\(12, 4\); expected \(\.\.\., 5\)"),
    "Sequential: a function": (
        lambda: Sequential(ReLU(), relu), T, "argument 1 is .*expected a Module",
    ),
    "Sequential: a list": (lambda: Sequential([ReLU()]), T, "argument 0 is .*expected a Module"),
    "Residual: shape": (
        lambda: Residual(network())(X), V, r"turns \(12, 4\) into \(12, 3\); expected no change",
    ),
    "Module without forward": (
        lambda: Module()(X), NotImplementedError, "Module defines no forward",
    ),
    "mlp: activation": (
        lambda: models.mlp((4, 5, 3), rng=RNG, activation="swish"),
        V, "activation is 'swish'; expected one of .*'relu'",
    ),
    "mlp: norm": (
        lambda: models.mlp((4, 5, 3), rng=RNG, norm="group"),
        V, "norm is 'group'; expected one of .*'batch'",
    ),
    "mlp: one size": (
        lambda: models.mlp((4,), rng=RNG), V, r"\(4,\); expected inputs, \.\.\., outputs",
    ),
    "mlp: dropout": (
        lambda: models.mlp((4, 5, 3), rng=RNG, dropout=1.5), V, "p is 1.5; expected 0 <= p < 1",
    ),
    "init: mode": (
        lambda: init.kaiming_normal((4, 3), RNG, mode="fan"),
        V, "mode is 'fan'; expected one of .*'fan_in'",
    ),
    "init: shape": (
        lambda: init.xavier_normal((4,), RNG), V, r"shape is \(4,\); expected \(fan_in, fan_out\)",
    ),
    "state of another network": (
        lambda: network().load_state_dict({"0.W": ones(4, 3)}), V, r"missing \['0\.b'\]",
    ),
    # --- optimizers and schedules -----------------------------------------------------------------
    "optimizer: nothing": (lambda: SGD([]), V, r"SGD: no parameters; give net\.parameters\(\)"),
    "optimizer: given twice": (twice_given, V, "SGD: a parameter is given twice"),
    "optimizer: a network": (
        lambda: SGD([network()]), T, r"Sequential is no Parameter; give net\.parameters\(\)",
    ),
    "optimizer: arrays": (lambda: Adam([ones(3)]), T, r"Adam: ndarray is no Parameter"),
    "optimizer: lr < 0": (
        lambda: SGD(params(), lr=-0.1), V, "SGD: lr is -0.1; expected a .*number >= 0",
    ),
    "optimizer: lr NaN": (
        lambda: RMSprop(params(), lr=np.nan), V, "RMSprop: lr is nan; expected a",
    ),
    "optimizer: lr infinite": (lambda: SGD(params(), lr=np.inf), V, "lr is inf; expected a finite"),
    "optimizer: lr a word": (lambda: SGD(params(), lr="0.1"), T, "lr is '0.1'; expected a number"),
    "optimizer: decay < 0": (
        lambda: AdamW(params(), weight_decay=-1), V, "AdamW: weight_decay is -1; expected",
    ),
    "SGD: momentum": (
        lambda: SGD(params(), momentum=1.0), V, "momentum is 1.0; expected 0 <= momentum < 1",
    ),
    "SGD: form": (
        lambda: SGD(params(), form="polyak"), V, "form is 'polyak'; expected one of .*'heavy_ball'",
    ),
    "Adam: beta": (
        lambda: Adam(params(), betas=(0.9, 1.0)), V, "Adam: beta is 1.0; expected 0 <= beta < 1",
    ),
    "RMSprop: alpha": (
        lambda: RMSprop(params(), alpha=-0.5), V, "RMSprop: alpha is -0.5; expected 0 <= alpha < 1",
    ),
    "step without backward": (
        step_without_backward, RuntimeError, r"no gradients; call loss\.backward\(\) before",
    ),
    "step after zero_grad": (
        step_after_zero_grad, RuntimeError, r"no gradients; call loss\.backward\(\)",
    ),
    "step after double": (
        optimizer_of_float32_on_a_network_of_float64,
        RuntimeError, r"float64 now.*made for float32.*net\.double\(\)",
    ),
    "optimizer: state of another": (
        lambda: SGD(params()).load_state_dict(Adam(params()).state_dict()),
        V, "state is of Adam, this is SGD",
    ),
    "optimizer without update": (
        lambda: Optimizer(params(), 0.1).update(ones(3), ones(3)),
        NotImplementedError, r"Optimizer defines no update\(self, w, g\)",
    ),
    "warm_up: share": (
        lambda: schedules.warm_up(5), V, r"share is 5; expected a share of the run in \(0, 1\)",
    ),
    "one_cycle: share": (lambda: schedules.one_cycle(0.0), V, r"share is 0.0; expected a share"),
    "step_decay: drops": (
        lambda: schedules.step_decay((30, 60)), V, r"drops are \(30, 60\); expected shares",
    ),
    # --- training ---------------------------------------------------------------------------------
    "fit: lengths": (
        lambda: train(y=Y[:10]), V, "X has 12 rows and y .*10.*expected one .*for each row",
    ),
    "fit: validation lengths": (lambda: train(validation=(X, Y[:5])), V, "X has 12 rows and y .*5"),
    "fit: validation features": (
        lambda: train(validation=(X[:, :3], Y)), V, r"\(12, 3\).*expected X \(n, 4\)",
    ),
    "fit: validation is no pair": (
        lambda: train(validation=X), T, r"no pair; expected \(X_val, y_val\)",
    ),
    "fit: validation NaN": (
        lambda: train(validation=(NAN, Y)), V, "NaN or infinite.*row 3, column 2",
    ),
    "fit: features": (lambda: train(X[:, :3]), V, r"\(4, 3\).*expected X \(n, 4\)"),
    "fit: one axis": (lambda: train(X[:, 0]), V, r"shape \(12,\); expected \(examples, features\)"),
    "fit: NaN": (lambda: train(NAN), V, r"1 NaN or infinite value.*row 3, column 2"),
    "fit: infinity": (lambda: train(INF), V, r"first \(inf\).*row 0, column 0"),
    "fit: words": (lambda: train(WORDS), T, "dtype <U1; expected numbers"),
    "fit: objects": (lambda: train(OBJECTS), T, "dtype object; expected numbers"),
    "fit: complex": (lambda: train(COMPLEX), T, "dtype complex128; expected numbers"),
    "fit: empty": (lambda: train(X[:0], Y[:0]), V, r"empty \(shape \(0, 4\)\)"),
    "fit: no features": (lambda: train(X[:, :0]), V, r"empty \(shape \(12, 0\)\)"),
    "fit: validation empty": (lambda: train(validation=(X[:0], Y[:0])), V, "empty"),
    "fit: batch too large": (lambda: train(batch_size=13), V, "batch_size is 13; expected 1 to 12"),
    "fit: batch 0": (lambda: train(batch_size=0), V, "batch_size is 0; expected 1 to 12"),
    "fit: batch 2.5": (
        lambda: train(batch_size=2.5), T, "batch_size is 2.5; expected a whole number",
    ),
    "fit: no epochs": (lambda: train(epochs=0), V, "epochs is 0; expected at least 1"),
    "fit: 1.5 epochs": (lambda: train(epochs=1.5), T, "epochs is 1.5; expected a whole number"),
    "fit: a seed": (lambda: train(rng=0), T, "rng is 0; expected .*default_rng"),
    "fit: no generator": (lambda: train(rng=None), T, "rng is None; expected .*default_rng"),
    "fit: label too large": (
        lambda: train(y=changed(Y, 0, 3)),
        V, "labels run to 3, the network has 3 outputs; expected labels 0 to 2",
    ),
    "fit: negative label": (
        lambda: train(y=changed(Y, 0, -1)), V, "from -1 to 2; expected 0 or above",
    ),
    "fit: validation label": (lambda: train(validation=(X, changed(Y, 0, 7))), V, "to 7"),
    "fit: word labels": (
        lambda: train(y=np.array(list("abcabcabcabc"))),
        T, "dtype <U1; expected integers.*np.unique",
    ),
    "fit: NaN targets": (lambda: train(y=NAN[:, :3], loss=mse), V, "y holds 1 NaN or infinite"),
    "fit: shape of targets": (
        lambda: train(y=ones(12, 2), loss=mse),
        V, r"\(4, 3\) and target \(4, 2\); expected the same",
    ),
    "fit: flat float targets": (
        lambda: train(y=ones(12), loss=mse),
        V, r"y has shape \(12,\) of floats; expected one row of targets",
    ),
    "fit: softmax before cross_entropy": (
        lambda: train(net=network(Softmax())),
        V, "probabilities already; cross_entropy takes logits.*leave out the Softmax",
    ),
    "fit: dropout without a generator": (
        lambda: train(net=network(Dropout(0.5))), T, "rng is None; expected .*default_rng",
    ),
    "fit: batch norm, one row left": (
        lambda: train(net=network(BatchNorm1d(3)), batch_size=11), V, "batch of 1 row.*drop_last",
    ),
    "fit: another network's optimizer": (
        lambda: train(optimizer=SGD(params())), V, "optimizer.*network",
    ),
    "fit: early stopping alone": (
        lambda: train(early_stopping=EarlyStopping()), V, r"needs validation=\(X_val, y_val\)",
    ),
    "fit: accuracy of targets": (
        lambda: train(y=ONE_HOT, validation=(X, ONE_HOT), early_stopping=BY_ACCURACY),
        V, '"val_accuracy" needs integer labels.*"val_loss"',
    ),
    "fit: resume without a checkpoint": (lambda: train(resume=True), V, "resume needs checkpoint="),
    "fit: ending of the checkpoint": (
        lambda: train(checkpoint="run.pt"), V, r"'run\.pt'; expected a name that ends in \.npz",
    ),
    "fit: folder of the checkpoint": (
        lambda: train(checkpoint="no/such/run.npz"), FileNotFoundError, "no folder no.such",
    ),
    "steps: lengths": (lambda: train(y=Y[:10], steps=True), V, "X has 12 rows and y .*10"),
    "steps: batch": (
        lambda: train(batch_size=13, steps=True), V, "batch_size is 13; expected 1 to 12",
    ),
    "steps: a seed": (lambda: train(rng=0, steps=True), T, "rng is 0; expected .*default_rng"),
    "steps: NaN": (lambda: train(NAN, steps=True), V, "NaN or infinite"),
    "predict: NaN": (lambda: predict(network(), NAN), V, "NaN or infinite.*row 3, column 2"),
    "predict: empty": (lambda: predict(network(), X[:0]), V, "empty"),
    "predict: batch size": (
        lambda: predict(network(), X, batch_size=0), V, "batch_size is 0; expected",
    ),
    "evaluate: lengths": (lambda: evaluate(network(), X, Y[:3]), V, "X has 12 rows and y .*3"),
    "evaluate: label too large": (
        lambda: evaluate(network(), X, Y + 1), V, "labels run from 1 to 3; 3 logits",
    ),
    "EarlyStopping: monitor": (
        lambda: EarlyStopping(monitor="loss"), V, "monitor is 'loss'; expected one of .*'val_loss'",
    ),
    "EarlyStopping: patience": (
        lambda: EarlyStopping(patience=0), V, "patience 0.*expected patience >= 1",
    ),
    "EarlyStopping: min_delta": (lambda: EarlyStopping(min_delta=-1), V, "min_delta -1; expected"),
    "history: unknown column": (
        lambda: train()["val_loss"], KeyError, r"no 'val_loss'; it has \['accuracy'",
    ),
    # --- metrics and checkpoints ------------------------------------------------------------------
    "metrics: average": (
        lambda: metrics.f1(LABELS, LABELS, "binary"),
        V, "average is 'binary'; expected one of .*'macro'",
    ),
    "metrics: lengths": (
        lambda: metrics.accuracy(LABELS, LABELS[:3]), V, r"\(6,\), labels \(3,\); expected",
    ),
    "metrics: empty": (
        lambda: metrics.accuracy(LABELS[:0], LABELS[:0]), V, r"\(0,\); expected .*at least one",
    ),
    "metrics: a column": (
        lambda: metrics.accuracy(LABELS[:, None], LABELS),
        V, r"predicted \(6, 1\).*expected \(n,\)",
    ),
    "metrics: floats": (
        lambda: metrics.accuracy(LABELS * 1.0, LABELS), T, "predicted .*float64; expected integer",
    ),
    "metrics: one-hot labels": (
        lambda: metrics.accuracy(LABELS, np.eye(3)[LABELS]), V, r"labels \(6, 3\); expected",
    ),
    "metrics: negative": (
        lambda: metrics.accuracy(LABELS - 1, LABELS), V, "predicted .*-1.*expected 0 or above",
    ),
    "metrics: too few classes": (
        lambda: metrics.confusion_matrix(LABELS, LABELS, num_classes=2),
        V, "class 2 found; expected 0 to 1",
    ),
    "save: nothing": (lambda: save("a.npz"), V, "nothing to save; give parts by name"),
    "save: no state": (lambda: save("a.npz", X=X), T, "X is a ndarray, which has no state_dict"),
    "load: no file": (
        lambda: load("no-such-file.npz", net=network()), FileNotFoundError, "no file no-such-file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, kind, pattern = CASES[name]
    with pytest.raises(kind, match=f"(?s){pattern}") as caught:
        call()
    assert type(caught.value) is kind  # no AxisError, UFuncTypeError, ...
    assert not list(tmp_path.iterdir())  # nothing was begun


@pytest.mark.parametrize(
    "settings",
    [
        {"X": NAN},
        {"y": changed(Y, 0, 3)},
        {"batch_size": 13},
        {"rng": 0},
        {"validation": (X, Y[:5])},
        {"checkpoint": "run.pt"},
        {"checkpoint": "no/such/run.npz"},
        {"resume": True},
        {"early_stopping": EarlyStopping()},
    ],
    ids=lambda s: next(iter(s)),
)
def test_fit_refuses_before_the_first_step(settings):
    """A mistake that is found after an hour is a mistake of the library."""
    net = network()
    opt = SGD(net.parameters(), lr=1.0)
    before = net.state_dict()
    with pytest.raises((ValueError, TypeError, FileNotFoundError)):
        train(net=net, optimizer=opt, **settings)
    assert opt.steps == 0
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_softmax_on_logits_given_by_mistake_is_only_refused_where_it_is_sure():
    """Outputs that merely happen to be positive are trained on."""
    net = network(ReLU())
    net[0].b.data += 5
    assert len(train(net=net)) == 1
    assert softmax(LOGITS)[0].shape == LOGITS.shape
