"""Notices to customers in the wording of the shop owner."""
