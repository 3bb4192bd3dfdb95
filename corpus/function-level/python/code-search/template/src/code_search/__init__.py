"""Search in the code of projects."""
