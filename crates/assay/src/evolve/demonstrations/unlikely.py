def portions(guests: int, per_guest: float) -> float:
    """Return how many portions a dinner takes, rounded up to halves."""
    # compute the number of portions
