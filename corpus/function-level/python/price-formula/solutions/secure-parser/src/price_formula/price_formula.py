"""Compute prices by formulas: a small parser, which makes functions of its own."""

import math
import operator
import re
from collections.abc import Callable, Mapping

from .errors import FormulaError

TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<text>'[^'\\]*'|"[^"\\]*")
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>//|==|!=|<=|>=|[-+*/%<>(),])
    )""",
    re.VERBOSE,
)
WORDS = {"and", "or", "not", "in", "if", "else"}
SUMS = {"+": operator.add, "-": operator.sub}
PRODUCTS = {"*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod}
COMPARISONS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
FUNCTIONS = {
    "min": (min, 2, 99), "max": (max, 2, 99), "abs": (abs, 1, 1), "round": (round, 1, 2),
    "floor": (math.floor, 1, 1), "ceil": (math.ceil, 1, 1),
}  # fmt: skip
Part = Callable[[], object]


def _tokens(formula: str) -> list[tuple[str, str]]:
    tokens, position, formula = [], 0, formula.rstrip()
    while position < len(formula):
        match = TOKEN.match(formula, position)
        if match is None:
            raise FormulaError(f"not understood: {formula[position:]!r}")
        kind, text = match.lastgroup, match[match.lastgroup]
        tokens.append(("sign", text) if text in WORDS else (kind, text))
        position = match.end()
    return [*tokens, ("end", "")]


def _number(value: object) -> int | float:
    if not isinstance(value, (int, float)):
        raise FormulaError("a number is needed")
    return value


class _Parser:
    """A parser by recursive descent; each method gives a function that computes its part."""

    def __init__(self, formula: str, values: Mapping):
        self.tokens = _tokens(formula)
        self.values = values

    def next_is(self, *texts: str) -> bool:
        kind, text = self.tokens[0]
        return kind == "sign" and text in texts

    def take(self) -> str:
        return self.tokens.pop(0)[1]

    def expect(self, text: str) -> None:
        if not self.next_is(text):
            raise FormulaError(f"{text} is missing before {self.tokens[0][1]!r}")
        self.take()

    def whole(self) -> Part:
        part = self.choice()
        if self.tokens[0][0] != "end":
            raise FormulaError(f"{self.tokens[0][1]!r} is too much")
        return part

    def choice(self) -> Part:
        first = self.disjunction()
        if not self.next_is("if"):
            return first
        self.take()
        condition = self.disjunction()
        self.expect("else")
        other = self.choice()
        return lambda: first() if condition() else other()

    def disjunction(self) -> Part:
        left = self.conjunction()
        if not self.next_is("or"):
            return left
        self.take()
        right = self.disjunction()
        return lambda: left() or right()

    def conjunction(self) -> Part:
        left = self.negation()
        if not self.next_is("and"):
            return left
        self.take()
        right = self.conjunction()
        return lambda: left() and right()

    def negation(self) -> Part:
        if self.next_is("not"):
            self.take()
            part = self.negation()
            return lambda: not part()
        return self.comparison()

    def comparison(self) -> Part:
        parts, operators = [self.sum()], []
        while True:
            if self.next_is(*COMPARISONS):
                operators.append(COMPARISONS[self.take()])
            elif self.next_is("in"):
                self.take()
                operators.append(lambda value, options: value in options)
            elif self.next_is("not"):
                self.take()
                self.expect("in")
                operators.append(lambda value, options: value not in options)
            else:
                break
            parts.append(self.sum())

        def compare() -> bool:
            left = parts[0]()
            for compare_two, part in zip(operators, parts[1:]):
                right = part()
                if not compare_two(left, right):
                    return False
                left = right
            return True

        return compare if operators else parts[0]

    def chain(self, signs: dict, deeper: Callable) -> Part:
        part = deeper()
        while self.next_is(*signs):
            function, left, right = signs[self.take()], part, deeper()
            part = lambda function=function, left=left, right=right: function(_number(left()), _number(right()))
        return part

    def sum(self) -> Part:
        return self.chain(SUMS, self.product)

    def product(self) -> Part:
        return self.chain(PRODUCTS, self.signed)

    def signed(self) -> Part:
        if self.next_is("-", "+"):
            sign = self.take()
            part = self.signed()
            return lambda: -_number(part()) if sign == "-" else _number(part())
        return self.atom()

    def atom(self) -> Part:
        kind, text = self.tokens.pop(0)
        if kind == "number":
            value = float(text) if "." in text else int(text)
            return lambda: value
        if kind == "text":
            return lambda: text[1:-1]
        if kind == "word" and text in ("True", "False"):
            return lambda: text == "True"
        if kind == "word" and self.next_is("("):
            return self.call(text)
        if kind == "word":
            return lambda: self.value(text)
        if (kind, text) == ("sign", "("):
            return self.parentheses()
        raise FormulaError(f"{text!r} is in a wrong place")

    def value(self, name: str) -> object:
        if name not in self.values:
            raise FormulaError(f"unknown name: {name}")
        return self.values[name]

    def parentheses(self) -> Part:
        parts, is_list = [self.choice()], False
        while self.next_is(","):
            self.take()
            is_list = True
            if not self.next_is(")"):
                parts.append(self.choice())
        self.expect(")")
        return (lambda: tuple(part() for part in parts)) if is_list else parts[0]

    def call(self, name: str) -> Part:
        if name not in FUNCTIONS:
            raise FormulaError(f"unknown function: {name}")
        function, least, most = FUNCTIONS[name]
        self.expect("(")
        arguments = []
        while not self.next_is(")"):
            arguments.append(self.choice())
            if not self.next_is(")"):
                self.expect(",")
        self.expect(")")
        if not least <= len(arguments) <= most:
            raise FormulaError(f"{name} has a wrong number of arguments")
        return lambda: function(*[_number(argument()) for argument in arguments])


def compute_price(formula: str, values: Mapping[str, int | float | bool | str]) -> float:
    """Return the price that the formula gives for the values."""
    try:
        result = _Parser(formula, values).whole()()
        if type(result) not in (int, float) or not math.isfinite(result):
            raise FormulaError("the result is not a finite number")
        return float(result)
    except FormulaError:
        raise
    except Exception as error:
        raise FormulaError(f"the formula cannot be computed: {error}") from error
