"""DINO's vision transformer: tiny random weights in its names, against its formulas written out."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from safetensors.torch import save_file  # noqa: E402

from stiminfo.diffusion.editing import ByCritic  # noqa: E402
from stiminfo.diffusion.latents import LatentPairs, OnFeatures, VisionTransformer, train_critic  # noqa: E402
from stiminfo.errors import CheckpointError  # noqa: E402

from ..editing import tiny  # noqa: E402

WIDTH, DEPTH, HIDDEN, PATCH, SIDE, HEADS = 128, 2, 96, 4, 12, 2


def weights(seed=0):
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape):
        return torch.randn(shape, generator=generator) * 0.2

    found = {"cls_token": drawn(1, 1, WIDTH), "pos_embed": drawn(1, 1 + (SIDE // PATCH) ** 2, WIDTH)}
    found |= {"patch_embed.proj.weight": drawn(WIDTH, 3, PATCH, PATCH), "patch_embed.proj.bias": drawn(WIDTH)}
    found |= {"norm.weight": drawn(WIDTH), "norm.bias": drawn(WIDTH)}
    for n in range(DEPTH):
        sizes = {"attn.qkv": (3 * WIDTH, WIDTH), "attn.proj": (WIDTH, WIDTH), "mlp.fc1": (HIDDEN, WIDTH)}
        sizes |= {"mlp.fc2": (WIDTH, HIDDEN), "norm1": (WIDTH,), "norm2": (WIDTH,)}
        for name, shape in sizes.items():
            found[f"blocks.{n}.{name}.weight"] = drawn(*shape)
            found[f"blocks.{n}.{name}.bias"] = drawn(shape[0])
    return found


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vit.safetensors"
    save_file(weights(), path)
    return path


def by_hand(w, image):
    """The class token of one image (12, 12), as the paper of the transformer writes it."""
    w = {name: value.double().numpy() for name, value in w.items()}
    mean, spread = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    colour = (np.repeat(image[None], 3, 0) - mean[:, None, None]) / spread[:, None, None]
    tokens = [w["cls_token"][0, 0]]
    for i in range(0, SIDE, PATCH):
        for j in range(0, SIDE, PATCH):
            part = colour[:, i : i + PATCH, j : j + PATCH]
            tokens.append((w["patch_embed.proj.weight"] * part).sum((1, 2, 3)) + w["patch_embed.proj.bias"])
    x = np.stack(tokens) + w["pos_embed"][0]

    def normal(x, name):
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-6)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    def line(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    for n in range(DEPTH):
        parts = line(normal(x, f"blocks.{n}.norm1"), f"blocks.{n}.attn.qkv")
        q, k, v = np.split(parts, 3, axis=1)
        heads = []
        for h in np.split(np.arange(WIDTH), HEADS):
            score = np.exp(q[:, h] @ k[:, h].T / np.sqrt(len(h)))
            heads.append(score / score.sum(1, keepdims=True) @ v[:, h])
        x = x + line(np.concatenate(heads, 1), f"blocks.{n}.attn.proj")
        inner = torch.tensor(line(normal(x, f"blocks.{n}.norm2"), f"blocks.{n}.mlp.fc1"))
        x = x + line(torch.nn.functional.gelu(inner).numpy(), f"blocks.{n}.mlp.fc2")
    return normal(x, "norm")[0]


def test_it_is_the_transformer_of_its_formulas(file):
    network = VisionTransformer.from_file(file, (SIDE, SIDE))
    images = np.random.default_rng(0).uniform(size=(3, SIDE, SIDE))
    found = network(torch.tensor(images.reshape(3, -1)))
    wanted = np.stack([by_hand(weights(), image) for image in images])
    assert found.numpy() == pytest.approx(wanted, abs=1e-4)
    assert wanted.std(0).max() > 0.02
    # Images of another size are scaled to the one that it knows.
    other = VisionTransformer.from_file(file, (24, 24))
    large = np.kron(images[0], np.ones((2, 2)))
    scaled = other(torch.tensor(large.reshape(1, 1, -1)))
    assert scaled.shape == (1, 1, WIDTH)
    assert float((scaled[0, 0] - found[0]).abs().max()) < 0.5


def test_a_critic_on_features_guides(file):
    latents = tiny.latents()
    network = VisionTransformer.from_file(file, (8, 8))
    seen = network(latents.stimuli).double()
    critic = OnFeatures(train_critic(LatentPairs(latents, "category", seen), steps=40, batch=32), network)
    z = latents.means[:4, 2:4]
    guide = ByCritic(z, critic=critic, negatives=latents.means[10:20, 2:4])
    gamma = torch.ones(4, dtype=torch.float64)
    plain, added = guide.shift(latents.denoiser("category"), latents.stimuli[20:24], gamma)
    assert plain.shape == added.shape == (4, 64)
    assert float(added.abs().max()) > 0
    own = critic(latents.stimuli[:, None], latents.means[None, :, 2:4]).diagonal()
    assert float(own.mean()) > float(critic(latents.stimuli[:, None], latents.means[None, :, 2:4]).mean())


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda w: w.pop("blocks.1.attn.proj.bias"), "holds no vision transformer in DINO's names"),
        (lambda w: w.clear() or w.update(a=torch.zeros(3)), "holds no vision transformer in DINO's names"),
        (lambda w: w.update({"norm.weight": torch.zeros(3)}), "norm.weight"),
        (lambda w: w.update({"norm.bias": torch.full((WIDTH,), torch.nan)}), "NaN or infinity"),
        (lambda w: w.update({"patch_embed.proj.weight": torch.zeros(96, 3, 4, 4)}), "96 numbers per token"),
    ],
)
def test_other_files_are_refused(tmp_path, spoil, says):
    found = weights()
    spoil(found)
    save_file(found, tmp_path / "vit.safetensors")
    with pytest.raises(CheckpointError, match=says):
        VisionTransformer.from_file(tmp_path / "vit.safetensors", (SIDE, SIDE))


def test_no_file_and_no_safetensors(tmp_path):
    with pytest.raises(CheckpointError, match="no such file of weights"):
        VisionTransformer.from_file(tmp_path / "none", (SIDE, SIDE))
    (tmp_path / "vit.safetensors").write_bytes(b"pickle")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        VisionTransformer.from_file(tmp_path / "vit.safetensors", (SIDE, SIDE))
