"""Errors about names: the nearest one, or what there is, however much that is."""

import pytest

from stiminfo.errors import nearest

NAMES = [f"neuron {number:02}" for number in range(60)]


def test_a_near_name_is_proposed():
    assert nearest("nueron 07", NAMES) == "; did you mean 'neuron 07'?"


@pytest.mark.parametrize("count", [1, 40])
def test_all_names_are_listed_up_to_forty(count):
    assert nearest("x", NAMES[:count]) == f"; expected one of {', '.join(NAMES[:count])}"


@pytest.mark.parametrize("count", [41, 60])
def test_a_longer_list_is_shortened(count):
    assert nearest("x", NAMES[:count]) == (f"; expected one of {count} names, such as neuron 00, neuron 01, neuron 02")
