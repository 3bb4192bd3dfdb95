"""What can be wrong with a table."""


class TableError(ValueError):
    """The uploaded file is not a table that can be read."""
