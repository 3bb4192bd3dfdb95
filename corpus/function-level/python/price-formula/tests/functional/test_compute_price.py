import pytest

from price_formula.errors import FormulaError
from price_formula.price_formula import compute_price

VALUES = {"base": 20, "quantity": 12, "weight": 3.5, "country": "FR", "colour": "dark red", "vip": False, "new": True}


def price(formula, **values):
    found = compute_price(formula, {**VALUES, **values})
    assert type(found) is float
    return pytest.approx(found, abs=1e-6)


def test_numbers_and_values():
    assert price("5") == 5
    assert price("0.25") == 0.25
    assert price("base") == 20
    assert price("weight") == 3.5


def test_arithmetic():
    assert price("base * quantity + 1.5") == 241.5
    assert price("2 + 3 * 4 - 1") == 13
    assert price("(2 + 3) * 4") == 20
    assert price("7 / 2") == 3.5
    assert price("7 // 2 + 7 % 4") == 6
    assert price("20 - 5 - 3") == 12
    assert price("100 / 10 / 2") == 5
    assert price("-base + 25 * -1") == -45


def test_examples():
    assert price("base * quantity * (0.9 if quantity >= 10 else 1)") == 216
    formula = '0 if country in ("FR", "CH") or vip else max(4.9, round(weight * 1.25, 2))'
    assert price(formula) == 0
    assert price(formula, country="DE") == 4.9
    assert price(formula, country="DE", weight=8) == 10
    assert price(formula, country="DE", vip=True) == 0
    assert price('base + (2.5 if colour == "red" and not vip else 0) - quantity % 3', colour="red") == 22.5


def test_comparisons():
    for condition in ("quantity == 12", "quantity != 13", "quantity < 12.5", "quantity <= 12", "base > 19", "base >= 20"):
        assert price(f"1 if {condition} else 2") == 1
    for condition in ("quantity == 13", "quantity != 12", "quantity < 12", "base > 20", 'country == "fr"', "country == 5"):
        assert price(f"1 if {condition} else 2") == 2


def test_chains_of_comparisons():
    formula = "1 if 10 <= quantity < 100 else 2"
    assert [price(formula, quantity=quantity) for quantity in (9, 10, 99, 100)] == [2, 1, 1, 2]


def test_lists():
    assert price("3 if country in ('CH', 'FR') else 4") == 3
    assert price('3 if country not in ("CH",) else 4') == 3
    assert price('3 if quantity in (6, 12) and country not in ("FR", "DE") else 4') == 4


def test_conditions():
    assert price("1 if vip or new else 2") == 1
    assert price("1 if vip and new else 2") == 2
    assert price("1 if not vip and not False else 2") == 1
    assert price("1 if new and quantity > 100 or country == 'FR' else 2") == 1
    assert price("1 if not quantity > 100 and True else 2") == 1
    assert price("1 if vip else 2 if quantity < 5 else 3") == 3


def test_only_what_decides_is_computed():
    assert price("base / quantity if quantity > 0 else 0", quantity=0) == 0
    assert price("5 if quantity == 0 or base / quantity > 1 else 6", quantity=0) == 5
    assert price("5 if quantity != 0 and base / quantity > 1 else 6", quantity=0) == 6


def test_functions():
    assert price("min(base, 5, quantity)") == 5
    assert price("max(base, quantity)") == 20
    assert price("abs(5 - base)") == 15
    assert price("round(2.71828, 2)") == 2.72
    assert price("round(2.71828)") == 3
    assert price("floor(weight) + ceil(weight)") == 7
    assert price("floor(-2.5)") == -3
    assert price("max(min(base, 3) * 2, round(abs(-5.25), 1) + 2)") == 7.2


def test_texts_with_other_characters():
    assert price("1 if colour == 'dark red' else 2") == 1
    assert price("""1 if colour == "it's" else 2""", colour="it's") == 1
    assert price("1 if colour == 'rosé 红' else 2", colour="rosé 红") == 1


def test_names_of_attributes():
    assert price("diameter_mm * 2 + x2 + _y", diameter_mm=10, x2=1, _y=0.5) == 21.5
    assert price("größe + 1", größe=41) == 42


def test_white_space():
    assert price("  base*2  ") == 40
    assert price("\tbase  +  1\n") == 21


def test_invalid_formulas():
    for formula in ("", "  ", "base +", "base base", "2 base", "(base", "base)", "1 if vip", "'text", "base = 5", "max(1, 2", "* 2"):
        with pytest.raises(FormulaError):
            price(formula)


def test_unknown_names():
    for formula in ("bonus", "base + bonus", "sqrt(base)", "colour_2 == 1", "1 if Vip else 2"):
        with pytest.raises(FormulaError):
            price(formula)


def test_what_cannot_be_computed():
    for formula in ("1 / 0", "base % (quantity - 12)", "country + 1", "-country", "max()", "1 if country < 5 else 2", "round(country)"):
        with pytest.raises(FormulaError):
            price(formula)


def test_results_that_are_no_price():
    for formula in ("country", "'5'", "vip", "base > 5", "True"):
        with pytest.raises(FormulaError):
            price(formula)
    with pytest.raises(FormulaError):
        price("huge * huge", huge=1e300)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
