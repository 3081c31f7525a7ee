from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from rules.diagram import FALSE, TRUE, Diagram

SIZES = (2, 3, 2, 4)
POINTS = list(product(*map(range, SIZES)))
TABLES = st.sets(st.sampled_from(POINTS))
ALLOWED = st.tuples(*(st.sets(st.sampled_from(range(size)), min_size=1).map(sorted) for size in SIZES))


def built(diagram: Diagram, table: set[tuple[int, ...]]) -> int:
    """The function that is true at these points."""
    points = (diagram.every(diagram.one_of(at, [value]) for at, value in enumerate(point)) for point in sorted(table))
    return diagram.some(points)


@given(TABLES, TABLES)
def test_equal_functions_are_equal_numbers(left: set[tuple[int, ...]], right: set[tuple[int, ...]]) -> None:
    diagram = Diagram(SIZES)
    assert (built(diagram, left) == built(diagram, right)) is (left == right)
    assert diagram.negate(built(diagram, left)) == built(diagram, set(POINTS) - left)
    assert diagram.both(built(diagram, left), built(diagram, right)) == built(diagram, left & right)


@given(TABLES)
def test_a_witness_makes_the_function_true(table: set[tuple[int, ...]]) -> None:
    diagram = Diagram(SIZES)
    found = diagram.witness(built(diagram, table))
    if found is None:
        assert not table
    else:
        assert all(point in table for point in POINTS if all(point[at] == value for at, value in found.items()))


@given(TABLES, ALLOWED)
def test_the_support_is_what_two_points_can_differ_in(
    table: set[tuple[int, ...]], allowed: tuple[list[int], ...]
) -> None:
    diagram = Diagram(SIZES)
    points = list(product(*allowed))
    differing = {
        at
        for at in range(len(SIZES))
        for point in points
        for value in allowed[at]
        if (point in table) is not ((*point[:at], value, *point[at + 1 :]) in table)
    }
    assert diagram.support([built(diagram, table)], allowed) == differing


def test_constants_depend_on_nothing() -> None:
    diagram = Diagram(SIZES)
    assert diagram.support([TRUE, FALSE], [range(size) for size in SIZES]) == set()
    assert diagram.one_of(1, [0, 1, 2]) == TRUE
