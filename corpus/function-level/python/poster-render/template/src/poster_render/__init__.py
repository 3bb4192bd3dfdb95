"""Posters that are rendered on other hosts."""
