"""The page on clusters says what was measured, and its model hands out cells as a scheduler does."""

import os
import subprocess
import sys

import pytest

from stiminfo.reports.studies import cluster


def test_the_model():
    cells = [4.0, 3.0, 2.0, 1.0]
    assert cluster.modelled(cells, 1, 0.0) == 10.0
    assert cluster.modelled(cells, 2, 0.0) == 5.0
    assert cluster.modelled(cells, 1000, 0.0) == 4.0
    assert cluster.modelled(cells, 1000, 3.0) == 13.0  # the last cell is handed out after 12 s and takes 1 s
    assert cluster.modelled([1.0], 1000, 0.5) == 1.5


def test_cpu_time_counts_what_ended_in_the_call():
    if os.name == "nt":
        pytest.skip("children's times are not known")
    program = [sys.executable, "-c", "sum(range(10**7))"]
    assert cluster._cpu(lambda: subprocess.run(program, check=True)) > cluster._cpu(lambda: None)


def test_the_page_has_a_column_for_each_number_of_workers():
    text = cluster.markdown(cluster.STUDY.committed())
    (head,) = [line for line in text.splitlines() if line.startswith("| cells")]
    rows = [line for line in text.splitlines() if line.startswith(("| 40 ", "| 1000 ", "| 10000 "))]
    assert "Dask, 1000" in head
    assert [row.count("|") for row in rows] == [head.count("|")] * 3


@pytest.mark.soak
def test_the_costs_are_measured_anew():
    pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    found = cluster.make(cluster.Run(say=lambda _: None))
    assert found["dask_1"] > found["processes_1"] > 0
    assert 0 < found["task_2"] < 0.1
