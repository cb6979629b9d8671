"""The matcher: pure functions from words to ranked, explained candidates."""

import os

# The matrices are small: several threads a process would only wait for each other, above all where processes share the
# processors (measured on two: five times as long). Must be said before NumPy is read.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
