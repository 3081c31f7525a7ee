"""Measure the numbers of docs/numbers.md: ``python -m tests.bench [name...]``."""
