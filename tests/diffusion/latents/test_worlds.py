"""Worlds: rendered ones, a user's own, and input that is none."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion.latents import World, read_world, rendered_world  # noqa: E402
from stiminfo.errors import ModelError, UnknownName  # noqa: E402

from . import tiny  # noqa: E402

# -- rendered --


def test_the_rendered_world():
    world = rendered_world(16, rotations=8, elongations=3, stripes=2)
    assert world.images.shape == (4 * 8 * 3 * 2, 16, 16)
    assert 0 <= world.images.min() < 0.02
    assert 0.9 < world.images.max() <= 1
    assert world.kinds == ("nominal", "circle", "line", "line")
    assert world.entropies == pytest.approx(np.log([4, 8, 3, 2]))
    assert rendered_world(16, rotations=8, elongations=3, stripes=2).digest == world.digest
    assert world.subset(np.arange(10)).digest != world.digest
    assert "4 category, 8 rotation" in repr(world)


def test_no_shape_looks_the_same_when_it_is_turned():
    world = rendered_world(16, rotations=24, elongations=2, stripes=1)
    flat = world.flat
    apart = ((flat[:, None] - flat[None]) ** 2).sum(2) ** 0.5
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 0.3
    # A disc has no direction: the check would see it.
    disc = (np.hypot(*np.meshgrid(np.linspace(-1, 1, 8), np.linspace(-1, 1, 8))) < 0.6)[None].repeat(2, 0)
    with pytest.raises(ModelError, match="images 0 and 1 are the same"):
        World(disc, [[0], [1]], ("rotation",), ((0.0, 90.0),), (360.0,))


def test_any_subset():
    world = rendered_world(8, 3, 4, 2, 2)
    rows = world.rows(category="drop", rotation=[0.0, 90.0])
    some = world.subset(rows)
    assert len(some) == 2 * 2 * 2
    assert some.values == world.values
    assert some.entropies == pytest.approx([0, math.log(2), math.log(2), math.log(2)])
    mask = np.isin(np.arange(len(world)), rows)
    assert world.subset(mask).digest == some.digest
    with pytest.raises(UnknownName, match="unknown factor 'stripe'; did you mean 'stripes'"):
        world.rows(stripe=0.0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"shapes": 5}, "shapes is 5; expected a whole number from 1 to 4"),
        ({"rotations": 0}, "rotations is 0"),
        ({"stripes": True}, "stripes is True"),
        ({"size": 2}, "size is 2; expected 4 to 256 pixels"),
        ({"rotations": 10_000}, "these factors make"),
        ({"shapes": 1, "rotations": 1, "elongations": 1, "stripes": 1}, "these factors make 1 images"),
    ],
)
def test_worlds_that_cannot_be_rendered(options, says):
    with pytest.raises(ModelError, match=says):
        rendered_world(**options)


# -- any world --

IMAGES = tiny.world().images
CODES = tiny.world().factors
WELL = {"names": ("kind", "rest"), "values": (("a", "b"), (0.0, 1.0, 2.0))}


def spoilt(at, value):
    images = IMAGES.copy()
    images[at] = value
    return images


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"images": IMAGES[:, 0]}, r"images has shape \(6, 2\)"),
        ({"images": IMAGES[:1]}, "at least two images"),
        ({"images": spoilt((3, 0, 1), np.nan)}, r"images\[3, 0, 1\] is nan; expected finite"),
        ({"images": spoilt((3, 0, 1), 1.5)}, r"images\[3, 0, 1\] is 1.5; expected pixels between 0 and 1"),
        ({"factors": CODES[:4]}, "factors are given for 4 images; there are 6 images"),
        ({"factors": CODES + 1}, r"factor kind\[1\] is 2; expected codes from 0 to 1"),
        ({"factors": CODES + 0.5}, r"factor kind\[0\] is 0.5"),
        ({"names": ("kind",)}, "factors have 2 columns; 1 names"),
        ({"names": ("kind", "kind")}, "expected names that differ"),
        ({"circular": (360.0, None)}, "factor kind has text values"),
        ({"circular": (None, -1.0)}, "the period of rest is -1.0"),
        ({"circular": (None, 2.0)}, "two values of rest are the same on a circle of period 2"),
        ({"responses": np.zeros((4, 3))}, "responses are given for 4 images; there are 6"),
        ({"responses": np.zeros(6)}, "responses have shape"),
    ],
)
def test_worlds_that_cannot_be(changes, says):
    with pytest.raises(ModelError, match=says):
        World(**{"images": IMAGES, "factors": CODES, **WELL, **changes})


def test_values_as_coordinates():
    world = World(IMAGES, CODES, ("kind", "turn"), (("a", "b"), (0.0, 90.0, 180.0)), (None, 360.0))
    assert world.coordinates("kind").tolist() == [[1, 0], [0, 1]]
    assert world.coordinates("turn") == pytest.approx(np.array([[1, 0], [0, 1], [-1, 0]]))
    numbers = World(IMAGES, CODES, **WELL).coordinates("rest")
    assert numbers.mean() == pytest.approx(0)
    assert numbers.std() == pytest.approx(1)


# -- a user's own --


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "X.npy", IMAGES)
    np.save(tmp_path / "R.npy", np.arange(6 * 4 * 3).reshape(6, 4, 3) % 5)
    (tmp_path / "F.csv").write_text("shape,angle\n" + "".join(f"{'ab'[k % 2]},{k // 2 * 90}\n" for k in range(6)))
    return tmp_path


def test_a_user_s_own_world(folder):
    world = read_world(folder / "X.npy", folder / "F.csv", folder / "R.npy", circular={"angle": 360})
    assert world.names == ("shape", "angle")
    assert world.values == (("a", "b"), (0.0, 90.0, 180.0))
    assert world.kinds == ("nominal", "circle")
    assert world.factors.tolist() == CODES.tolist()
    assert world.responses.shape == (6, 4, 3)
    assert world.name == "X"
    labels = read_world(folder / "X.npy", folder / "F.csv", nominal=["angle"])
    assert labels.values[1] == ("0", "180", "90")
    assert labels.responses is None


@pytest.mark.parametrize("between", [";", "\t"])
def test_tables_with_other_separators(folder, between):
    table = (folder / "F.csv").read_text().replace(",", between)
    (folder / "G.csv").write_text(table)
    world = read_world(folder / "X.npy", folder / "G.csv")
    assert world.names == ("shape", "angle")
    assert world.factors.tolist() == CODES.tolist()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (None, "no such file"),
        ("shape,angle\n", "expected a header that names the factors"),
        ("1,2\n" * 7, "begins with numbers"),
        ("a,a\n" + "1,2\n" * 6, "expected names that differ"),
        ("a,b\n" + "1,2\n" * 4, "has 4 rows; .* holds 6 images"),
        ("a,b\n1,2\n1\n" + "1,2\n" * 4, "row 3 has 1 value; the header names 2"),
        ("a,b\n1,2\n1\n1,\n" + "1,2\n" * 3, r"row 3 has 1 value; the header names 2 factors \(2 in all: also row 4\)"),
        ("a,b\n1,2\n1,\n" + "1,2\n" * 4, "row 3, column 'b' is empty"),
        ("a\n1\nnan\n" + "1\n" * 4, "a is nan in row 3"),
        (b"a\n\xff\xfe\n", "not a table in UTF-8"),
    ],
)
def test_tables_that_are_none(folder, table, says):
    path = folder / "G.csv"
    if table is not None:
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(ModelError, match=says):
        read_world(folder / "X.npy", path)


def test_files_that_do_not_fit_each_other(folder):
    np.save(folder / "few.npy", np.ones((5, 3)))
    with pytest.raises(ModelError, match=r"few.npy: holds responses to 5 images; .*X.npy holds 6"):
        read_world(folder / "X.npy", folder / "F.csv", folder / "few.npy")
    with pytest.raises(UnknownName, match="holds no factor 'angel'; did you mean 'angle'"):
        read_world(folder / "X.npy", folder / "F.csv", circular={"angel": 360})
    np.save(folder / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ModelError, match="holds Python objects, which are not read"):
        read_world(folder / "pickled.npy", folder / "F.csv")
