"""JSON over HTTP: parse, one call, answer."""
