"""What can be wrong with a formula."""


class FormulaError(ValueError):
    """The formula is not valid or cannot be computed."""
