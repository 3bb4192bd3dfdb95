"""Segments of customers for newsletters."""
