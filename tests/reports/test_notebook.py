"""In a notebook figures are seen, audits are read, and printing an audit prints it: a notebook is executed."""

import base64
import struct
import sys
import tempfile

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbclient (dependency group test)")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient (dependency group test)")
pytest.importorskip("ipykernel", reason="needs ipykernel (dependency group test)")

if sys.platform == "win32":
    pytest.skip("the kernel's event loop warns there", allow_module_level=True)

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("notebook")

CELLS = {
    "model": """
        import stiminfo as si
        si.EncodingModel([0, 1], [0.5, 0.5], [[0.9, 0.2], [0.1, 0.8]]).plot()
    """,
    "audit": """
        audit = si.audit(si.i_ssi, axioms=["positivity", "completeness"], examples=2)
        audit
    """,
    "text": "print(str(audit))",
    "witness": "audit.verdicts['positivity'].plot()",
    "counts": """
        print(si.measure(si.Recording.from_counts([[18, 2], [5, 15]], [0, 1]), resamples=10))
    """,
    "paper": """
        from stiminfo.reports.paper.compared import figure_of
        figure_of(2)[0]
    """,
    "pyplot": "import sys; print('matplotlib.pyplot' in sys.modules)",
    "after pyplot": """
        import matplotlib.pyplot as plt
        audit.verdicts['positivity'].plot()
    """,
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Cell -> its outputs."""
    from textwrap import dedent

    cells = [nbformat.v4.new_code_cell(dedent(source).strip()) for source in CELLS.values()]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    folder = tmp_path_factory.mktemp("notebook")
    # The names of Unix sockets are short, at most about 100 characters.
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as sockets:
        patch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as Jupyter sets it
        patch.setenv("IPYTHONDIR", str(folder))
        manager = nbclient.NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(folder)}})
        manager.create_kernel_manager()
        # Sockets in files of its own: the kernel's five ports are chosen before they are bound, and another program
        # may take one meanwhile.
        manager.km.transport = "ipc"
        manager.km.ip = f"{sockets}/kernel"
        # The kernel of this environment, not one that is registered elsewhere.
        manager.km.kernel_spec.argv[0] = sys.executable
        manager.execute()
    return dict(zip(CELLS, (cell["outputs"] for cell in notebook.cells)))


def picture(shown):
    """Width and height of the one picture that a cell shows, in pixels."""
    (found,) = (output["data"] for output in shown if "image/png" in output.get("data", {}))
    return struct.unpack(">II", base64.b64decode(found["image/png"])[16:24])


@pytest.mark.parametrize("cell", ["model", "witness", "paper", "after pyplot"])
def test_a_figure_is_seen_once(outputs, cell):
    width, height = picture(outputs[cell])
    assert width > 400
    assert height > 300


def test_figures_need_no_pyplot(outputs):
    assert outputs["pyplot"][0]["text"] == "False\n"


def test_an_audit_is_shown_and_printed(outputs):
    (shown,) = outputs["audit"]
    (printed,) = outputs["text"]
    assert "Audit of i_ssi" in shown["data"]["text/html"]
    assert "refuted" in shown["data"]["text/html"]
    assert "positivity" in printed["text"]
    assert "refuted" in printed["text"]


def test_a_report_on_counts_is_printed(outputs):
    (printed,) = outputs["counts"]
    assert "Mutual information I(R;X)" in printed["text"]
