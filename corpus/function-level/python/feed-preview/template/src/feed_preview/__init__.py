"""Previews of shared documents for the activity feed."""
