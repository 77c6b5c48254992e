"""The exercises' checkers, one module for each chapter that has some."""
