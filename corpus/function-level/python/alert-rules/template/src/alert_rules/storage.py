"""Where rules are kept."""

import pathlib


class RuleFolder:
    """A folder with a file for each customer; it is created if it is not there."""

    def __init__(self, path: str):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
