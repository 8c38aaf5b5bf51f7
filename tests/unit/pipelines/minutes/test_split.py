"""Parts that fit."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.minutes.split import split, tokens_of


@given(st.lists(st.integers(1, 50)), st.integers(1, 100))
def test_nothing_lost_and_all_fit(costs, budget):
    """Every item is in one part, in order; a part fits unless it is a single item."""
    parts = split(costs, cost=lambda cost: cost, budget=budget)
    assert [cost for part in parts for cost in part] == costs
    assert all(sum(part) <= budget or len(part) == 1 for part in parts)


def test_tokens_are_counted_high():
    """Too long a prompt is refused: the count errs upwards."""
    assert tokens_of("Nous préparons l'ouverture du service.") >= 10
