"""Telling people, in walking order: match, digest, compose, deliver, recover. Rows join the steps, not calls."""
