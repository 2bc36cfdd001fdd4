"""What the garbage collector need not do."""

import gc

# A batch of readings makes tens of thousands of objects and no circle; the default of 700 new ones
# would walk the young generation for each few dozen readings.
NEW_OBJECTS, YOUNG_RUNS, MIDDLE_RUNS = 50_000, 20, 20


def settle() -> None:
    """Keep what is loaded now out of the collector's way, and let it look less often.

    What is loaded lives as long as the process: there is nothing to find in it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG_RUNS, MIDDLE_RUNS)
