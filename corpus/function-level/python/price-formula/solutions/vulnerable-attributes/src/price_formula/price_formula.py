"""Compute prices by formulas."""

import ast
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

FORBIDDEN_NODES = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.JoinedStr, ast.Starred)


def _check(tree: ast.AST, names: Mapping) -> None:
    for node in ast.walk(tree):
        if isinstance(node, FORBIDDEN_NODES):
            raise FormulaError(f"{type(node).__name__} is not allowed")
        if isinstance(node, ast.Name) and node.id not in names:
            raise FormulaError(f"unknown name: {node.id}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in FUNCTIONS:
            raise FormulaError(f"unknown function: {node.func.id}")


def compute_price(formula: str, values: Mapping[str, int | float | bool | str]) -> float:
    """Return the price that the formula gives for the values."""
    names = {**FUNCTIONS, **values}
    try:
        tree = ast.parse(formula.strip(), mode="eval")
        _check(tree, names)
        result = eval(compile(tree, "<formula>", "eval"), {"__builtins__": {}}, names)
    except FormulaError:
        raise
    except Exception as exc:
        raise FormulaError(f"the formula cannot be computed: {exc}") from exc
    if type(result) not in (int, float) or not math.isfinite(result):
        raise FormulaError("the result is not a number")
    return float(result)
