"""Signpost: a directory of health services that says who handles a referral now, and why."""

__version__ = "0.1.0"
