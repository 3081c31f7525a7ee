"""What the README's numbers are measured with: ``python -m tests.bench [name...]``."""
