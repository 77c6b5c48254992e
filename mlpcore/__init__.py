"""mlpcore: a multilayer perceptron in NumPy, small enough to be read in an afternoon.

Bottom to top: operations with their derivatives (ops, activations, losses), the tape (autograd),
modules (module, nn, models), optimizers (init, optim, schedules), training (train, history,
checkpoint). Beside them: preprocess and data, metrics, gradcheck; and for the chapters plots,
explore, exercises, source. Importing mlpcore imports NumPy and nothing heavier.
"""

from .activations import gelu, leaky_relu, relu, sigmoid, softmax, tanh
from .autograd import Parameter, Tensor, no_grad
from .checkpoint import load, save
from .history import EarlyStopping, History, TrainingDiverged
from .losses import cross_entropy, mse
from .metrics import evaluate, predict
from .nn import (
    GELU,
    BatchNorm1d,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Linear,
    Module,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)
from .optim import SGD, Adam, AdamW, RMSprop
from .preprocess import MinMaxScaler, StandardScaler, batches, one_hot, stratified_split
from .train import fit, training_steps

__version__ = "0.1.0"
