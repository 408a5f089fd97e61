"""Measurements of Signpost: not installed with the product; run by scripts/bench."""
