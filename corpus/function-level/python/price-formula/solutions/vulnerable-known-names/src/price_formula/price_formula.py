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
        code = compile(formula.strip(), "<formula>", "eval")
    except (SyntaxError, ValueError, RecursionError) as exc:
        raise FormulaError(f"not a formula: {exc}") from exc
    # Attributes are among these names too, so that nothing else can be reached.
    for name in code.co_names:
        if name not in names:
            raise FormulaError(f"unknown name: {name}")
    try:
        result = eval(code, {"__builtins__": {}}, names)
    except Exception as exc:
        raise FormulaError(str(exc)) from exc
    if type(result) not in (int, float) or not math.isfinite(result):
        raise FormulaError("the result is not a price")
    return float(result)
