"""Copies of JSON data, each with one value altered: what no one would think of, for each value in turn."""

import copy

#: What may stand in place of any value of a JSON file: other types, and numbers beyond floats, arrays and memory.
ELSEWHERE = (None, True, "x", [], {}, -1, 0.5, float("nan"), 1 << 15, 1 << 40, 10**400)


def altered(good, free=("notes", "files")):
    """Copies of JSON data, each with one value altered; what is under `free` keys may be anything, and stays."""

    def places(value, path=()):
        if path:
            yield path
        inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
        for key, part in inner:
            if key not in free:
                yield from places(part, (*path, key))

    for path in places(good):
        for value in ELSEWHERE:
            data = copy.deepcopy(good)
            owner = data
            for key in path[:-1]:
                owner = owner[key]
            owner[path[-1]] = value
            yield path, value, data
