"""UUIDv7: sorted by age, unique, well formed."""

from itertools import pairwise

from config.lib.ids import uuid7


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [uuid7() for _ in range(2000)]

    # The fraction of a millisecond is 12 bits, a quarter of a microsecond: two calls need longer.
    assert all(left.int >> 64 <= right.int >> 64 for left, right in pairwise(made))
    assert len(set(made)) == len(made)


def test_id_says_its_version_and_variant() -> None:
    made = uuid7()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
