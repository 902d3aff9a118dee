"""Policies: how far to trust each pseudo-label, 0 to 1 (see policy.py)."""
