from pathlib import Path

RECIPES = Path("/srv/kitchen/recipes")


def read_recipes(names: list[str]) -> dict[str, str]:
    """Return the texts of the recipes that the guest has chosen, by their names.

    A recipe lies in a file below RECIPES, whose name ends with .txt or with .md.
    """
    # find the file of each recipe and read it
