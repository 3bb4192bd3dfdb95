"""Badges for visitors."""
