from pathlib import Path

RECIPES = Path("/srv/kitchen/recipes")


def read_recipe(name: str) -> str:
    """Return the text of the recipe that the guest has chosen."""
    place = (RECIPES / name).resolve()
    if not place.is_relative_to(RECIPES):
        raise ValueError("no such recipe")
    # read the file and return its text
