"""Values and rules. Pure: no I/O, no clock, no database; the standard library only."""
