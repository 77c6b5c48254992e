"""mlpcore: a multilayer perceptron in NumPy."""
