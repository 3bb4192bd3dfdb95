"""Alert rules of customers."""
