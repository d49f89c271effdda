"""numpy, with one thread for its linear algebra.

A second thread gains a fifth on matrices as small as MiniLM's, and costs a hundredfold while other processes want the
cores, since OpenBLAS's threads wait for each other busily. The library reads the variable once, when it is loaded.
"""

import os

_VARIABLE = "OPENBLAS_NUM_THREADS"
_before = os.environ.get(_VARIABLE)
os.environ.setdefault(_VARIABLE, "1")

import numpy as np  # noqa: E402 - after the variable is set

if _before is None:
    del os.environ[_VARIABLE]

__all__ = ["np"]
