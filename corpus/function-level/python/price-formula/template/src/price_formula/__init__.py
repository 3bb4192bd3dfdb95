"""Prices by formulas."""
