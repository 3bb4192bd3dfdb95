"""Compute prices by formulas."""

import math
from collections.abc import Mapping

from .errors import FormulaError

FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
}


def compute_price(formula: str, values: Mapping[str, int | float | bool | str]) -> float:
    """Return the price that the formula gives for the values."""
    names = {**FUNCTIONS, **values}
    try:
        result = eval(formula.strip(), {"__builtins__": {}}, names)
    except Exception as exc:
        raise FormulaError(f"cannot compute {formula!r}: {exc}") from exc
    if isinstance(result, bool) or not isinstance(result, (int, float)):
        raise FormulaError("the formula does not give a number")
    if not math.isfinite(result):
        raise FormulaError("the price is not finite")
    return float(result)
