"""How fast people are told: fanning out, gathering into digests, writing and sending mail."""
