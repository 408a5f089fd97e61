"""How well and how fast search answers, beside two other engines under the same planner."""
