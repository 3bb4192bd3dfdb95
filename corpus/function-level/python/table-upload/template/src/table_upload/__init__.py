"""Tables that laboratories upload."""
