"""Answers to the exercises, one module a chapter: RIGHT by exercise, WRONG as triples.

RIGHT: {exercise: [answers the checker must accept]}.
WRONG: [(exercise, name of the mistake the checker must give, an answer that makes it)].
"""
