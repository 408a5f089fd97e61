"""Who handles this: one function from a question and a day to a ranked answer.

Search finds services by everything they were ever called; the store says which are in force, and what took the place
of those that are not. Asked for a former service, the answer is the present one, and says so; where that was split, the
one whose part the question means, or one plain question where it does not say.
"""

from directory.answer.answering import answer
from directory.answer.by_distance import answer_by_distance
from directory.answer.handling import Handling, handling

__all__ = ["Handling", "answer", "answer_by_distance", "handling"]
