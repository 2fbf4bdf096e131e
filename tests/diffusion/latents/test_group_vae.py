"""Group VAEs: their exact law, training that resumes exactly, checkpoints, and groups that cannot be."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_groups import save_small_groups

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion.latents import (  # noqa: E402
    RECIPES,
    GroupRecipe,
    Groups,
    GroupTraining,
    GroupVAE,
    LearnedGroups,
    Responses,
    SizePreset,
    critic_bounds,
    group_shares,
    load_groups,
    mixed_population,
    rendered_world,
    save_groups,
    score_groups,
    train_critics,
    usual_groups,
)
from stiminfo.diffusion.latents import bounds as bounds_module  # noqa: E402
from stiminfo.diffusion.latents.heads import VARIANCE, Head  # noqa: E402
from stiminfo.diffusion.latents.shares import held_out_bounds  # noqa: E402
from stiminfo.errors import CheckpointError, ModelError, NotApplicable, UnknownName  # noqa: E402

WORLD = rendered_world(8, 3, 4, 2, 2)
RESPONSES = Responses.of_table(mixed_population(WORLD, 10, seed=2), WORLD)
COUNTS = Responses.of_table(mixed_population(WORLD, 10, "poisson", seed=2), WORLD)
GROUPS = Groups(("pose", "category", "rest"), (2, 2, 2), {"pose": "rotation", "category": "category"})
SHORT = GroupRecipe(steps=12, batch=16, warm_up=2)


def run(recipe=SHORT, responses=RESPONSES, **options):
    return GroupTraining(WORLD, responses, GROUPS, recipe, **options)


# -- groups --


def test_groups_by_name():
    assert GROUPS.latents("category") == [2, 3]
    assert GROUPS.latents(["rest", "pose"]) == [0, 1, 4, 5]
    assert GROUPS.latents() == [0, 1, 2, 3, 4, 5]
    assert GROUPS.latents("free") == [4, 5]
    assert Groups.from_json(json.loads(json.dumps(GROUPS.to_json()))) == GROUPS
    with pytest.raises(UnknownName, match="unknown group 'poes'; did you mean 'pose'"):
        GROUPS.latents("poes")
    with pytest.raises(UnknownName, match="unknown group 'free'"):
        Groups(("a",), (1,), {"a": "x"}).latents("free")  # no group is free
    usual = usual_groups(WORLD)
    assert usual.names == ("pose", "category", "free-1", "free-2")
    assert usual.supervised == {"pose": "rotation", "category": "category"}
    named = replace(
        WORLD,
        factors=np.arange(48)[:, None].repeat(2, 1) // [1, 2],
        names=("file", "kind"),
        values=(tuple(f"{n}.png" for n in range(48)), tuple("abcdefghijklmnopqrstuvwx")),
        circular=(),
    )
    assert usual_groups(named).supervised == {"kind": "kind"}
    numbers = replace(WORLD, values=((0.0, 1.0, 2.0), *WORLD.values[1:]), circular=())
    assert usual_groups(numbers).supervised == {"category": "category"}


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: Groups(("a", "b"), (1,)), "2 groups have 1 ranks"),
        (lambda: Groups(("a",), (0,)), "group a has rank 0"),
        (lambda: Groups(("a", "a"), (1, 1)), "names that differ"),
        (lambda: Groups(("whole",), (1,)), "none that is whole"),
        (lambda: Groups(("a,b",), (1,)), "without commas"),
        (lambda: Groups(("a", "b"), (6, 4), {}, 12), r"add up to 6 \+ 4 = 10; the latent has 12"),
        (lambda: Groups(("pose",), (1,), {"poes": "rotation"}), "did you mean 'pose'"),
        (lambda: Groups.from_json({"names": 3}), "does not describe groups"),
        (
            lambda: Groups(("a",), (1,), {"a": "rotatoin"}).check(WORLD),
            "no factor of this world; did you mean 'rotation'",
        ),
        (lambda: GroupVAE(GROUPS, WORLD, RESPONSES, "mpl"), "unknown lane 'mpl'; did you mean 'mlp'"),
        (lambda: GroupVAE(GROUPS, WORLD, RESPONSES, "mlp"), "is for spike counts"),
        (lambda: Responses.of_table(mixed_population(WORLD.subset(range(6)), 3), WORLD), "responds to 6 images"),
        (lambda: GroupRecipe(batch=1), "batch"),
        (lambda: GroupRecipe(rate=2.0), "rate is 2.0"),
        (lambda: GroupRecipe(label=-1.0), "a weight that is not negative"),
        (lambda: GroupRecipe(size="bach"), "size"),
        (lambda: GroupRecipe.from_json({"steps": 3}), "does not describe a recipe"),
    ],
)
def test_groups_that_cannot_be(made, says):
    with pytest.raises(ModelError if "did you" not in says else UnknownName, match=says):
        made()


def test_heads_are_likelihoods():
    codes = torch.tensor(WORLD.factors)
    z = torch.randn(len(codes), 2)
    nominal, circle = (Head(2, WORLD, name).requires_grad_(False) for name in ("category", "rotation"))
    chance = torch.softmax(nominal.predict(z), 1).gather(1, codes[:, :1])
    assert float(nominal(z, codes)) == pytest.approx(float(-chance.log().mean()), rel=1e-5)
    angle = torch.tensor(WORLD.values[1])[codes[:, 1]].deg2rad()
    off = circle.predict(z) - torch.stack([angle.cos(), angle.sin()], 1)
    assert float(circle(z, codes)) == pytest.approx(float((off**2).sum(1).mean() / 2 / VARIANCE), rel=1e-4)


# -- the exact law --


def test_the_law_of_z_is_what_encoding_responses_gives():
    vae = run().run()
    exact, generator = vae.exact(WORLD, RESPONSES), torch.Generator().manual_seed(0)
    index = torch.full((20_000,), 7)
    mean, log_variance = vae.encode(RESPONSES.draw(index, generator).float())
    z = mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=generator)
    error = exact.covariance.diagonal().sqrt() / 20_000**0.5
    assert ((z.double().mean(0) - exact.means[7]).abs() < 5 * error).all()
    assert torch.cov(z.T.double()) == pytest.approx(exact.covariance, abs=0.05 * float(exact.covariance.max()))
    drawn = exact.draw(index, generator)
    assert ((drawn.mean(0) - exact.means[7]).abs() < 5 * error).all()


def test_only_the_linear_encoder_of_gaussian_responses_has_one():
    vae = GroupVAE(GROUPS, WORLD, COUNTS, "mlp")
    with pytest.raises(NotApplicable, match="for a linear encoder only"):
        vae.exact(WORLD, COUNTS)
    with pytest.raises(NotApplicable, match="has no Gaussian law"):
        GroupVAE(GROUPS, WORLD, COUNTS).exact(WORLD, COUNTS)


# -- training --


def test_training_learns():
    training = run(replace(SHORT, steps=80))
    training.run()
    assert training.losses[-1][1] < 0.8 * training.losses[0][1]


@pytest.mark.parametrize(("recipe", "terms"), [("plain", 2), ("default", 5), ("published", 4)])
def test_a_recipe_is_its_weights(recipe, terms):
    training = run(RECIPES[recipe])
    told = {"misfit": 1.0, "kl": 10.0, "kl_supervised": 100.0, "label": 1e3, "partial_correlation": 1e4}
    seen = []

    def network(r, codes, noise, size):
        seen.append(size)
        return {name: torch.tensor(value) for name, value in told.items()}

    weights = RECIPES[recipe]
    wanted = 1.0 + sum(value * getattr(weights, name) for name, value in told.items() if name != "misfit")
    batch = type("Batch", (), {"x": torch.zeros(16, 10), "codes": None, "noise": None})
    assert float(training._loss(network, batch)) == pytest.approx(wanted)
    assert seen == [16 if weights.size == "batch" else len(WORLD)]
    assert sum(getattr(weights, name) > 0 for name in told if name != "misfit") + 1 == terms


class StopAfter:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, stage, step, steps, loss):
        if step == self.steps:
            raise KeyboardInterrupt


def test_an_interrupted_run_resumes_exactly(tmp_path):
    whole = run().run()
    path = tmp_path / "run.pt"
    with pytest.raises(KeyboardInterrupt):
        run(resume_file=path, progress=StopAfter(5)).run()
    with pytest.raises(CheckpointError, match="is an unfinished run; resume it"):
        run(resume_file=path).run()
    with pytest.raises(CheckpointError, match="a run with seed 0, not 1"):
        run(resume_file=path, resume=True, seed=1).run()
    with pytest.raises(CheckpointError, match="a run with responses"):
        run(resume_file=path, resume=True, responses=COUNTS).run()
    again = run(resume_file=path, resume=True)
    resumed = again.run()
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    assert not torch.equal(
        run(seed=1).run().state_dict()["body.linear.weight"], whole.state_dict()["body.linear.weight"]
    )
    again.finished()
    assert not path.exists()


def test_a_batch_that_does_not_fit_into_memory_goes_in_pieces():
    said = []
    training = run(say=said.append)
    loss = training._loss

    def full(network, batch):
        if len(batch.x) > 8:
            raise RuntimeError("can't allocate memory")
        return loss(network, batch)

    training._loss = full
    training.run()
    assert said == ["a batch of 16 responses failed (can't allocate memory); going on with pieces of 8 responses"]


def test_a_file_that_is_no_run_of_groups(tmp_path):
    from stiminfo.diffusion.resume import Saved, write_saved

    path = tmp_path / "run.pt"
    training = run(resume_file=path, resume=True)
    write_saved(path, Saved(training._identity() | {"step": "x", "seconds": 0, "losses": []}, {}))
    with pytest.raises(CheckpointError, match="not an unfinished run of latent groups"):
        training.run()


# -- scores and checkpoints --


def test_the_scores_of_both_lanes(monkeypatch):
    monkeypatch.setattr(bounds_module, "_STEPS", 60)
    told = []
    exact = LearnedGroups(run().run(), WORLD, RESPONSES, {"seed": 0})
    scores = score_groups(exact, 200, progress=lambda *done: told.append(done))
    data = json.loads(json.dumps(scores.to_json(), allow_nan=False))
    assert told[-1] == (200, 200)
    assert set(data["shares"]) == {"pose", "category", "rest", "whole"}
    assert not data["lower_bounds"]
    assert data["r2"] < data["r2_of_means"] < 1
    assert data["information"]["whole"] <= data["population"]["information"] + 0.3
    counts = LearnedGroups(run(responses=COUNTS, lane="mlp").run(), WORLD, COUNTS, {})
    bounds = score_groups(counts, 200)
    data = json.loads(json.dumps(bounds.to_json(), allow_nan=False))
    assert data["lower_bounds"]
    assert data["partial_correlation"] is None
    assert data["information"]["pose"] is None
    assert (bounds.information >= 0).all()
    # No bound lies above what the counts tell.
    assert (bounds.information <= bounds.population.about_factor + 0.1).all()


@pytest.mark.parametrize("trials", [2, 8])
def test_a_fitted_law_brackets_the_truth(trials):
    index = torch.arange(48).repeat_interleave(trials)
    drawn = RESPONSES.draw(index, torch.Generator().manual_seed(1)).reshape(48, trials, -1)
    own = replace(WORLD, responses=drawn.numpy())
    fitted = Responses.of_trials(own)
    learned = LearnedGroups(run(replace(SHORT, steps=100), fitted).run(), own, fitted, {})
    found = score_groups(learned, 5000)
    truth = group_shares(learned.vae.exact(WORLD, RESPONSES), 5000)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert (data["law"], data["lower_bounds"]) == ("fitted", False)
    # Chance differences between means of few trials are taken for what the latents tell.
    error = np.hypot(found.image_stderr, truth.image_stderr)
    assert (found.about_image > truth.about_image - 4 * error).all()
    if trials == 2:
        assert (found.about_image > truth.about_image + 3 * error)[-1]
        assert (found.least, data["at_least"]) == (None, None)
        return
    # Of many fresh trials, so that chance does not decide.
    generator, index = torch.Generator().manual_seed(2), torch.arange(48).repeat(40)
    z = learned.vae.sample(RESPONSES.draw(index, generator), generator).double()
    least = held_out_bounds(learned.exact(), index, z)
    assert (least[:, 0] < truth.about_image).all()
    assert (least[:, 1:] < truth.about_factor + 0.01).all()
    assert least[-1, 0] > 0.8 * truth.about_image[-1]
    assert (found.least[:, 0] < least[:, 0] + 0.3).all()
    assert data["at_least"]["shares"]["pose"]["rotation"] == pytest.approx(found.least_shares[0, 1])


def test_a_checkpoint_comes_back(tmp_path):
    for place, responses, lane in (("exact", RESPONSES, "exact"), ("mlp", COUNTS, "mlp")):
        learned = LearnedGroups(run(responses=responses, lane=lane).run(), WORLD, responses, {"seed": 0})
        save_groups(learned, tmp_path / place, {"groups.json": "{}"})
        again = load_groups(tmp_path / place)
        for name, value in learned.vae.state_dict().items():
            assert torch.equal(again.vae.state_dict()[name], value)
        assert again.world.digest == WORLD.digest
        assert again.responses.digest == responses.digest
        assert again.notes == {"seed": 0}
        assert (tmp_path / place / "groups.json").read_text() == "{}"
    save_groups(learned, tmp_path / "mlp")  # it replaces another checkpoint
    again.check_world(WORLD)
    with pytest.raises(CheckpointError, match="of another world"):
        again.check_world(WORLD.subset(range(6)))


def test_critics_are_in_the_checkpoint(tmp_path):
    learned = LearnedGroups(run().run(), WORLD, RESPONSES, {})
    bare = learned.digest
    preset, told = SizePreset(8, "convolutional", 2, 8, "64", 1.0), []
    learned.critics.update(train_critics(learned.exact(), preset, 2, progress=lambda *done: told.append(done)))
    assert told == [(n, 8) for n in range(1, 9)]
    bounds = critic_bounds(learned.exact(), learned.critics)
    assert set(bounds) == {"pose", "category", "rest", "whole"}
    assert all(bound.value < bound.cap for bound in bounds.values())
    save_groups(learned, tmp_path / "groups")
    again = load_groups(tmp_path / "groups")
    assert again.digest == learned.digest != bare
    x, z = again.exact().stimuli[:3], again.exact().means[:3, :2]
    assert torch.equal(again.critics["pose"](x, z), learned.critics["pose"](x, z))
    spoil(tmp_path / "groups", critics={"pose": again.critics["pose"].describe() | {"latents": 3}})
    with pytest.raises(CheckpointError, match=r"critics\.safetensors"):
        load_groups(tmp_path / "groups")
    spoil(tmp_path / "groups", critics={})
    with pytest.raises(CheckpointError, match=r"names other files than world\.safetensors and vae\.safetensors"):
        load_groups(tmp_path / "groups")


def test_networks_are_trained_on_the_images_of_a_checkpoint(tmp_path):
    from stiminfo.diffusion.registry import dataset_named
    from stiminfo.diffusion.sources.dataset import Asked

    save_groups(LearnedGroups(run().run(), WORLD, RESPONSES, {}), tmp_path / "net")
    path = str(tmp_path / "net" / "world.safetensors")
    images = dataset_named(path).images(Asked(path))
    assert images.name == "net"
    assert (images.pixels == WORLD.images).all()
    with pytest.raises(CheckpointError, match=r"holds no images of latent groups .* expected world\.safetensors"):
        dataset_named(path).images(Asked(str(tmp_path / "net" / "vae.safetensors")))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("groups") / "net"
    save_small_groups(folder)
    return folder


def spoil(folder, **changes):
    path = folder / "checkpoint.json"
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | changes))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / "vae.safetensors").write_bytes(b"x"), "damaged"),
        (lambda f: (f / "world.safetensors").unlink(), "holds no world.safetensors"),
        (lambda f: (f / "checkpoint.json").unlink(), "holds no checkpoint.json"),
        (lambda f: (f / "checkpoint.json").write_text("{"), "not JSON"),
        (lambda f: (f / "checkpoint.json").write_text(" " * (5 << 20)), "too large"),
        (lambda f: spoil(f, kind="network"), "holds no latent groups"),
        (lambda f: spoil(f, schema=0), "has schema 0"),
        (lambda f: spoil(f, files={}), "names other files"),
        (lambda f: spoil(f, law="cauchy"), "unknown law 'cauchy'"),
        (lambda f: spoil(f, vae={"lane": "exact"}), "does not describe latent groups"),
        (lambda f: spoil(f, vae={"lane": "exact", "hidden": 5, "groups": GROUPS.to_json()}), "the description says"),
    ],
)
def test_checkpoints_that_are_none(checkpoint, tmp_path, damage, says):
    import shutil

    folder = tmp_path / "net"
    shutil.copytree(checkpoint, folder)
    damage(folder)
    with pytest.raises(CheckpointError, match=says):
        load_groups(folder)
    with pytest.raises(CheckpointError, match="no such folder"):
        load_groups(tmp_path / "nothing")


# -- measured responses --


def measured(trials):
    return replace(WORLD, responses=np.asarray(trials, dtype=float))


def counts_of(repeats):
    index = torch.arange(len(WORLD))[:, None].expand(-1, repeats)
    return COUNTS.draw(index, torch.Generator().manual_seed(0)).numpy()


def test_measured_trials(tmp_path):
    world = measured(counts_of(8))
    responses = Responses.of_trials(world)
    assert responses.remarks == ()
    assert responses.held_out.shape == (len(WORLD), 10)
    assert responses.count == 7 * len(WORLD)
    # The root makes the noise of counts nearly that of N(0, 1).
    assert float(responses.covariance.diagonal().mean()) == pytest.approx(1, abs=0.3)
    assert float(Responses.of_trials(world, stabilise=False).covariance.diagonal().mean()) > 2
    learned = LearnedGroups(run(responses=responses).run(), world, responses, {})
    scores = score_groups(learned, 100)
    assert scores.held_out
    assert scores.population is None
    save_groups(learned, tmp_path / "net")
    assert torch.equal(load_groups(tmp_path / "net").exact().means, learned.exact().means)
    raw = Responses.of_trials(world, stabilise=False)
    assert raw.counts
    assert raw.draw(torch.tensor([3])).numpy()[0].tolist() in world.responses[3].tolist()


@pytest.mark.parametrize(
    ("trials", "says"),
    [
        (counts_of(1)[:, 0], r"one row of responses per image \(a trial\)"),
        (counts_of(4).mean(1), r"one row of responses per image \(an average over trials, it seems\).*log N = 3.87"),
        (np.log(counts_of(1)[:, 0] + 1.5), r"\(a trial, or an average\)"),
        (counts_of(4).reshape(48, 2, 2, 10).mean(2), "no whole numbers: if they are averages"),
        (np.concatenate([counts_of(2)] * 10, axis=2), "too few for the noise of 100 neurons"),
    ],
)
def test_averages_and_lone_trials_are_warned_of(trials, says):
    import re

    found = Responses.of_trials(measured(trials)).remarks
    assert len(found) == 1
    assert re.search(says, found[0])


def test_responses_that_are_none():
    with pytest.raises(ModelError, match="has no responses"):
        Responses.of_trials(WORLD)
    with pytest.raises(ModelError, match="no response ever changes"):
        Responses.of_trials(measured(np.ones((48, 3, 2))))
