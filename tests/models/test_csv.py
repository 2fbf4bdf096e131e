import pytest

from stiminfo.models import ModelError, read_counts


def write(tmp_path, text):
    path = tmp_path / "counts.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_numbers_labels_and_vectors(tmp_path):
    table = read_counts(write(tmp_path, "angle,none,one\n0,3,1\n90,2,2\n"))
    assert table.stimuli.tolist() == [[0], [90]]
    assert table.response_names == ("none", "one")
    named = read_counts(write(tmp_path, ",a,b\nface,3,1\nhouse,2,2\n"))
    assert named.stimuli.tolist() == [[0], [1]]
    assert named.stimulus_names == ("face", "house")
    plane = read_counts(write(tmp_path, ",a,b\n0 1,3,1\n1;1,2,2\n"))
    assert plane.stimuli.tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a header row"),
        ("x\n1\n", "expected a corner cell"),
        ("x,a,b\n0,1,2\n1,1\n", r"line 3: 2 cells, but the header has 3 \(ragged\)"),
        ("x,a,b\n0,1,-2\n", r"line 2, column 'b': -2; expected a whole number"),
        ("x,a,b\n0,1,2.5\n", "2.5; expected a whole number"),
        ("x,a,b\n0,1,nan\n", "nan; expected a whole number"),
        ("x,a,b\n0,1,two\n", "'two' is not a number"),
        ("x,a,b\n0,0,0\n", "all zero"),
        ("x,a,b\n0,1,2\n1,0,0\n", "no trial"),
        ("x,a,b\n0,1,2\n0,1,2\n", "stands in two rows"),
    ],
)
def test_errors_name_the_culprit(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ModelError, match=message) as caught:
        read_counts(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_and_folder_are_refused(tmp_path):
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x01\x80")
    for path in (tmp_path / "b.csv", tmp_path):
        with pytest.raises(ModelError):
            read_counts(path)
