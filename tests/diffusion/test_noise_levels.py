import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import noise_levels as nl  # noqa: E402


def test_the_three_terms_are_one_another():
    gamma = torch.logspace(-12, 12, 49, dtype=torch.float64)
    assert torch.allclose(nl.gamma_from_log_snr(nl.log_snr_from_gamma(gamma)), gamma, rtol=1e-12, atol=0)
    small = gamma[gamma <= 1]
    assert torch.allclose(nl.gamma_from_alpha_bar(nl.alpha_bar_from_gamma(small)), small, rtol=1e-3, atol=1e-15)
    assert nl.gamma_from_alpha_bar(0.5) == 1.0
    assert nl.gamma_from_log_snr(0.0) == 1.0
    assert nl.log_snr_from_gamma(np.e) == pytest.approx(-1)


def test_levels_of_a_published_schedule():
    """Step 40 of the linear DDPM schedule, at which the published estimator starts, has gamma = 0.0197."""
    diffusers = pytest.importorskip("diffusers")
    gammas = nl.scheduler_gammas(diffusers.DDPMScheduler(num_train_timesteps=1000))
    assert (gammas.diff() > 0).all()
    assert float(gammas[39]) == pytest.approx(0.0197, abs=2e-4)


def test_a_scheduler_has_the_levels_it_was_made_of():
    pytest.importorskip("diffusers")
    wanted = torch.logspace(-8, 3, 30, dtype=torch.float64)
    assert torch.allclose(nl.scheduler_gammas(nl.scheduler_for(wanted)), wanted, rtol=1e-6)


@pytest.mark.parametrize("levels", [[], [1.0, 0.5], [0.0, 1.0], [1.0, float("nan")]])
def test_bad_ladders(levels):
    with pytest.raises(ValueError, match="noise levels must"):
        nl.scheduler_for(torch.tensor(levels, dtype=torch.float64))
