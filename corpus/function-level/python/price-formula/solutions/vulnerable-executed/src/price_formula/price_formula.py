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
    scope = {**FUNCTIONS, **values}
    try:
        exec(f"price = ({formula.strip()})", {}, scope)
        price = scope["price"]
    except Exception as exc:
        raise FormulaError(f"cannot compute {formula!r}") from exc
    if type(price) not in (int, float) or not math.isfinite(price):
        raise FormulaError("the formula gives no price")
    return float(price)
