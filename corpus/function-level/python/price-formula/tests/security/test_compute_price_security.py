import itertools
import uuid

import pytest

from price_formula import settings
from price_formula.price_formula import compute_price

VALUES = {"base": 20, "weight": 3.5, "country": "FR", "vip": False}

# From the objects that a formula has to a module that has everything.
WRAP_CLOSE = (
    "[c for c in {start}.__class__.{root}.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__"
)
BUILTINS = (
    "min.__self__",
    "abs.__self__",
    "round.__self__",
    "max.__call__.__self__.__self__",
)


def compute(formula, **values):
    """The price, as the attacker sees it; a refused formula has none."""
    try:
        return compute_price(formula, {**VALUES, **values})
    except Exception:
        return None


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex[:8]}"


def wrappings(expression):
    """The expression in the places that a formula has, and in others of Python."""
    yield expression
    yield f"1 if {expression} else 2"
    yield f"max(1, 2, {expression})"
    yield f"base * ({expression}, 1)[1]"
    yield f"1 if country in ({expression}, 'x') else 2"
    yield f"vip or {expression}"


def hidden(expression):
    """The expression in functions of its own, where some checks do not look."""
    yield f"(lambda: {expression})()"
    yield f"[{expression} for x in (1,)][0] and 1"
    yield f"max(*({expression} and 1 for x in (1, 2)))"
    yield f"(lambda f: f())(lambda: {expression})"
    yield f"{{1: {expression}}}[1]"
    yield f"[y := {expression}, 1][1]"
    yield f"len(f'{{{expression}}}')"
    yield f"1 if f'{{{expression}}}' else 2"


def assert_harmless(formulas, canary, **values):
    for formula in formulas:
        compute(formula, **values)
        assert not canary.exists(), formula


def detours(canary):
    """Calls that make the file, by ways that need no built-in name."""
    for way in BUILTINS:
        yield f"{way}.open('{canary}', 'w').close()"
        yield f"{way}.__import__('os').system('echo > {canary}')"
        yield f"{way}.__dict__['open']('{canary}', 'w')"
    for start in ("()", "''", "base", "(1).real", "country"):
        for root in ("__base__", "__mro__[-1]", "mro()[-1]"):
            yield WRAP_CLOSE.format(start=start, root=root) + f"['system']('echo > {canary}')"
    yield "floor.__self__.__loader__.load_module('os').system('echo > " + str(canary) + "')"


def test_built_in_functions_are_not_called(canary):
    for call in (
        f"open('{canary}', 'w')",
        f"__import__('os').system('echo > {canary}')",
        f"eval(\"open('{canary}', 'w')\")",
        f"exec(\"open('{canary}', 'w')\")",
        f"__builtins__['open']('{canary}', 'w')",
        f"__builtins__.open('{canary}', 'w')",
        f"math.__loader__.load_module('os').system('echo > {canary}')",
        f"operator.attrgetter('system')(os)('echo > {canary}')",
    ):
        assert_harmless(wrappings(call), canary)
        assert_harmless(hidden(call), canary)


def test_attributes_do_not_lead_to_functions(canary):
    for call in detours(canary):
        assert_harmless(wrappings(call), canary)


def test_functions_within_a_formula_do_not_lead_to_functions(canary):
    for call in detours(canary):
        assert_harmless(hidden(call), canary)


def test_other_spellings_of_names(canary):
    # Python reads these letters as the usual ones.
    low_line = "\uff3f"

    def wide(name):
        return "".join(chr(ord(letter) + 0xFEE0) for letter in name)

    for self_, import_, open_, system in itertools.product(
        (f"_{low_line}self_{low_line}", f"_{low_line}{wide('self')}{low_line}_"),
        (f"_{low_line}import{low_line}_", f"_{low_line}{wide('import')}_{low_line}"),
        ("open", wide("open"), "o" + wide("pen")),
        ("system", wide("system")),
    ):
        for function in ("min", "abs", "round"):
            assert_harmless(
                (
                    f"{function}.{self_}.{open_}('{canary}', 'w').close()",
                    f"{function}.{self_}.{import_}('os').{system}('echo > {canary}')",
                ),
                canary,
            )
    assert_harmless((f"{wide('open')}('{canary}', 'w')", f"_{low_line}{wide('import')}_{low_line}('os').system('echo > {canary}')"), canary)


def test_formula_is_one_expression(canary):
    opening = f"open('{canary}', 'w').close()"
    importing = f"__import__('os').system('echo > {canary}')"
    for call in (opening, importing):
        assert_harmless(
            (
                f"1\n{call}",
                f"1\n    {call}",
                f"1; {call}",
                f"(1)\n{call}\n1",
                f"1 if vip else (\n{call}\n)",
                f"base #\n{call}",
                f"1\r{call}",
                f"1\x0c\n{call}",
                f"price\n{call}",
                f"1)\n{call}\n(1",
                f"1'''\n{call}\n'''",
            ),
            canary,
        )


def test_texts_among_the_values_are_not_computed(canary):
    opening = f"open('{canary}', 'w')"
    detour = f"min.__self__.open('{canary}', 'w')"
    for call in (opening, detour):
        for text in (call, f"' + {call} + '", f'" + {call} + "', f"'\n{call}\n'", f"\\' + {call} #", f"{{{call}}}", f"' or {call} or '"):
            for formula in ("country", "1 if country == 'FR' else 2", "1 if country in ('FR', 'CH') else 2", "base"):
                assert_harmless((formula,), canary, country=text)


def test_names_among_the_values_are_no_code(canary):
    opening = f"open('{canary}', 'w')"
    for name in (
        f"x={opening}",
        f"x=min.__self__.open('{canary}', 'w')",
        f"x: {opening}",
        f"x=__import__('os').system('echo > {canary}')",
        f"x):\n    {opening}\ndef y(z",
        f"x, y={opening}",
        f"lambda: {opening}",
        f"*, x={opening}",
        f"x = {opening} #",
    ):
        for value in (1, "text"):
            try:
                compute_price("base + 1", {"base": 1, name: value})
            except Exception:
                pass
            assert not canary.exists(), name
            try:
                compute_price("base + 1", {name: value, "base": 1})
            except Exception:
                pass
            assert not canary.exists(), name


def test_price_says_nothing_about_settings(monkeypatch):
    secret = uuid.uuid4().hex
    monkeypatch.setattr(settings, "PAYMENT_KEY", secret)
    name = settings.__name__
    sources = [f"{way}.__import__('sys').modules['{name}'].PAYMENT_KEY" for way in BUILTINS]
    sources += [WRAP_CLOSE.format(start=start, root="__base__") + f"['sys'].modules['{name}'].PAYMENT_KEY" for start in ("()", "base")]
    for source in sources:
        seen = []
        for guess in (secret, "wrong"):
            comparison = f"{source} == '{guess}'"
            seen.append([compute(f"1 if {comparison} else 2"), compute(f"(lambda: 1 if {comparison} else 2)()"), compute(f"max(0, {comparison})")])
        assert seen[0] == seen[1], source


def test_price_says_nothing_about_files(tmp_path):
    file = tmp_path / "key"
    for way in (*BUILTINS, ""):
        reading = f"{way}.open('{file}').read()".lstrip(".")
        seen = []
        for content in ("7", "8"):
            file.write_text(content)
            seen.append(
                [
                    compute(f"1 if {reading} == '7' else 2"),
                    compute(f"(lambda: 1 if {reading} == '7' else 2)()"),
                    compute(f"{way}.int({reading})".lstrip(".")),
                ]
            )
        assert seen[0] == seen[1], way


def test_objects_are_not_shown_by_format():
    seen = []
    for guess in ("builtins", "wrong"):
        seen.append(
            [
                compute(f"1 if '{field}'.format(min) == '{guess}' else 2")
                for field in ("{0.__self__.__name__}", "{0._' '_self_' '_._' '_name_' '_}")
            ]
            + [
                compute("1 if ('{0._' '_self_' '_._' '_name_' '_}').format(min) == '" + guess + "' else 2"),
                compute("1 if '{0.\\x5f\\x5fself\\x5f\\x5f.\\x5f\\x5fname\\x5f\\x5f}'.format(min) == '" + guess + "' else 2"),
            ]
        )
    assert seen[0] == seen[1]


def test_settings_are_not_changed(monkeypatch):
    monkeypatch.setattr(settings, "PAYMENT_KEY", "kept")
    name = settings.__name__
    modules = [f"{way}.__import__('sys').modules['{name}']" for way in BUILTINS]
    modules += [WRAP_CLOSE.format(start="()", root="__base__") + f"['sys'].modules['{name}']"]
    for module in modules:
        for change in (f"{module}.__dict__.update(PAYMENT_KEY='mine')", f"{module}.__setattr__('PAYMENT_KEY', 'mine')"):
            for formula in (change, f"(lambda: {change})()", f"[{change} for x in (1,)]", f"1 if {change} else 2"):
                compute(formula)
                assert settings.PAYMENT_KEY == "kept", formula

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
