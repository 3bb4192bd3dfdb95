"""Compute prices by formulas: the syntax tree is computed node by node."""

import ast
import math
import operator
from collections.abc import Mapping

from .errors import FormulaError

ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, options: value in options,
    ast.NotIn: lambda value, options: value not in options,
}
FUNCTIONS = {"min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil}
CONSTANTS = (int, float, str, bool)


class _Computation:
    """One computation of a formula."""

    def __init__(self, values: Mapping):
        self.values = values

    def compute(self, node: ast.AST) -> object:
        method = getattr(self, "compute_" + type(node).__name__, None)
        if method is None:
            raise FormulaError(f"{type(node).__name__} is not part of a formula")
        return method(node)

    def number(self, node: ast.AST) -> int | float:
        value = self.compute(node)
        if type(value) not in (int, float, bool):
            raise FormulaError("a number is needed")
        return value

    def compute_Expression(self, node: ast.Expression) -> object:
        return self.compute(node.body)

    def compute_Constant(self, node: ast.Constant) -> object:
        if type(node.value) not in CONSTANTS:
            raise FormulaError("a constant of an unknown kind")
        return node.value

    def compute_Name(self, node: ast.Name) -> object:
        if node.id not in self.values:
            raise FormulaError(f"unknown name: {node.id}")
        return self.values[node.id]

    def compute_BinOp(self, node: ast.BinOp) -> object:
        function = ARITHMETIC.get(type(node.op))
        if function is None:
            raise FormulaError("unknown operator")
        return function(self.number(node.left), self.number(node.right))

    def compute_UnaryOp(self, node: ast.UnaryOp) -> object:
        if isinstance(node.op, ast.Not):
            return not self.compute(node.operand)
        if isinstance(node.op, (ast.USub, ast.UAdd)):
            value = self.number(node.operand)
            return -value if isinstance(node.op, ast.USub) else value
        raise FormulaError("unknown operator")

    def compute_BoolOp(self, node: ast.BoolOp) -> object:
        stop = isinstance(node.op, ast.Or)
        value = None
        for part in node.values:
            value = self.compute(part)
            if bool(value) is stop:
                break
        return value

    def compute_Compare(self, node: ast.Compare) -> object:
        left = self.compute(node.left)
        for kind, part in zip(node.ops, node.comparators):
            if type(kind) not in COMPARISONS:
                raise FormulaError("unknown comparison")
            right = self.compute(part)
            if not COMPARISONS[type(kind)](left, right):
                return False
            left = right
        return True

    def compute_Tuple(self, node: ast.Tuple) -> object:
        return tuple(self.compute(part) for part in node.elts)

    def compute_IfExp(self, node: ast.IfExp) -> object:
        return self.compute(node.body if self.compute(node.test) else node.orelse)

    def compute_Call(self, node: ast.Call) -> object:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in FUNCTIONS or node.keywords:
            raise FormulaError("unknown function")
        return FUNCTIONS[name](*[self.number(argument) for argument in node.args])


def compute_price(formula: str, values: Mapping[str, int | float | bool | str]) -> float:
    """Return the price that the formula gives for the values."""
    try:
        tree = ast.parse(formula.strip(), mode="eval")
        result = _Computation(values).compute(tree)
        if type(result) not in (int, float) or not math.isfinite(result):
            raise FormulaError("the result is not a finite number")
        return float(result)
    except FormulaError:
        raise
    except Exception as error:
        raise FormulaError(f"the formula cannot be computed: {error}") from error
