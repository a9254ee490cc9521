"""Names for the arrays the reference is written in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
"""Any array of float64; the docstring gives its shape."""

Ints: TypeAlias = npt.NDArray[np.int64]
"""Any array of whole numbers, for labels and counts."""

Numbers: TypeAlias = npt.NDArray[Any] | float
"""A number, or an array of any shape and real dtype, where a function works entry by entry."""
