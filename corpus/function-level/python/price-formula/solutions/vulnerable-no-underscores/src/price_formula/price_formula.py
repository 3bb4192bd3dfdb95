"""Compute prices by formulas."""

import math
import re
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

FORBIDDEN = re.compile(r"__|\b(import|lambda|exec|eval|open|getattr|globals|locals|vars|compile|input)\b")


def compute_price(formula: str, values: Mapping[str, int | float | bool | str]) -> float:
    """Return the price that the formula gives for the values."""
    if FORBIDDEN.search(formula):
        raise FormulaError("the formula has something that is not allowed")
    scope = dict(FUNCTIONS)
    scope.update(values)
    scope["__builtins__"] = None
    try:
        price = eval(formula.strip(), scope)
        if type(price) not in (int, float):
            raise FormulaError("the formula has no number as its result")
        price = float(price)
    except FormulaError:
        raise
    except Exception as exc:
        raise FormulaError("the formula cannot be computed") from exc
    if math.isnan(price) or math.isinf(price):
        raise FormulaError("the result is not finite")
    return price
