"""Values of measures apart from the package: quadrature for sets on a line and mixtures, closed forms for Gaussians."""

import numpy as np
from scipy.stats import norm


def gains_on_the_line(model, j):
    """I_local and I_kong2 at a stimulus, by trapezoids over noise and its level; None where stimuli span a plane."""
    x = model.stimuli - model.stimuli[j]
    axis = x[np.abs(x).sum(1).argmax()]
    axis = axis / np.linalg.norm(axis)
    line = x @ axis
    if np.abs(x - line[:, None] * axis).max() > 1e-9 * np.abs(line).max():
        return None
    gaps = np.diff(np.sort(line))
    u = np.arange(np.log(gaps.min() ** 2 / 600), np.log(gaps.sum() ** 2 * 3e5), 0.2)
    z = np.arange(-9, 9.01, 0.12)
    found = np.zeros(2)
    logp, like = np.log(model.prior), model.likelihood
    for g in np.exp(u):
        xg = g**0.5 * z[:, None]
        w = logp - (xg - line) ** 2 / (2 * g)
        w = np.exp(w - w.max(1, keepdims=True))
        w /= w.sum(1, keepdims=True)
        chance = w @ like.T
        away = line - (w @ line)[:, None]
        d = np.divide((w * away) @ like.T, chance, out=np.zeros_like(chance), where=chance > 0) ** 2
        weight = 0.12 * norm.pdf(z) * 0.2 / (2 * g)
        found += [weight @ (chance * d).sum(1), weight @ (d @ like[:, j])]
    return found + [(chance * d).sum(1) @ norm.pdf(z) * 0.12 / (2 * g), d @ like[:, j] @ norm.pdf(z) * 0.12 / (2 * g)]


def gaussian_truth(measure, model):
    """The value at x of X ~ N(mean, c) and R = w X + N(0, s), where model is (mean, c, w, s, x)."""
    mean, c, w, s, x = model
    p, j = np.linalg.inv(c), w.T @ np.linalg.solve(s, w)
    given = np.linalg.inv(p + j)
    e = mean - x
    seen = w @ c @ w.T + s
    information = 0.5 * (np.linalg.slogdet(seen)[1] - np.linalg.slogdet(s)[1])
    if measure == "fisher":
        return np.trace(j)
    if measure in ("i_sp", "i_ssi", "i_local"):
        return information
    if measure in ("i_surp", "i_kong1"):
        away = w @ e
        return information + 0.5 * (np.trace(np.linalg.solve(seen, s)) - len(s) + away @ np.linalg.solve(seen, away))
    if measure == "i_cissi":
        k = given @ w.T @ np.linalg.inv(s)
        moved = k @ w @ e
        spread = np.trace(p @ k @ s @ k.T) + moved @ p @ moved
        return information + 0.5 * (np.trace(p @ given) - len(p) + spread)

    def integrand(u):
        g = np.exp(u)
        a, b = np.linalg.inv(p + np.eye(len(p)) / g), np.linalg.inv(p + j + np.eye(len(p)) / g)
        step = b @ j @ a
        return (((step @ p @ e) ** 2).sum() + (step**2).sum() / g + np.trace(b @ j @ b)) / (2 * g)

    us = np.arange(-45, 40, 0.2)
    return 0.2 * sum(integrand(u) for u in us)


def mixture_truth(measure, model):
    """The value at x of a mixture on the line and R = X + N(0, noise^2): model is (weights, means, sds, noise, x)."""
    weights, means, sds, noise, x = model
    step = 0.05 * noise

    def log_density(at, spread):
        """Of a mixture with these sds at points, and the mean of X given a noisy X."""
        total = sds**2 + spread
        log = np.log(weights) - 0.5 * (at[..., None] - means) ** 2 / total - 0.5 * np.log(2 * np.pi * total)
        top = log.max(-1, keepdims=True)
        share = np.exp(log - top)
        centre = means + sds**2 / total * (at[..., None] - means)
        return top[..., 0] + np.log(share.sum(-1)), (share * centre).sum(-1) / share.sum(-1)

    r = x + np.arange(-9 * noise, 9 * noise, step)
    own = -0.5 * ((r - x) / noise) ** 2 - np.log(noise) - 0.5 * np.log(2 * np.pi)
    chance = np.exp(own) * step
    if measure in ("i_surp", "i_kong1"):
        return chance @ (own - log_density(r, noise**2)[0])
    ends = means.min() - 10 * np.hypot(sds.max(), noise), means.max() + 10 * np.hypot(sds.max(), noise)

    def entropy(spread, low, high, weigh):
        t = np.arange(low, high, weigh)
        log = log_density(t, spread)[0]
        return -(np.exp(log) * log).sum() * weigh

    if measure == "i_sp":
        return (
            entropy(noise**2, *ends, 0.02 * np.hypot(noise, sds.min()))
            + 0.5 * np.log(2 * np.pi * np.e) * -1
            - np.log(noise)
        )
    t = np.arange(*ends, 0.02 * sds.min())
    prior = log_density(t, 0.0)[0]
    if measure in ("i_ssi", "i_cissi"):
        few, weight = r[::4], chance[::4] / chance[::4].sum()
        log = prior - 0.5 * ((few[:, None] - t) / noise) ** 2
        fine = 0.02 * min(sds.min(), noise)
        if fine < 0.02 * sds.min():
            t = np.arange(*ends, fine)
            prior = log_density(t, 0.0)[0]
            log = prior - 0.5 * ((few[:, None] - t) / noise) ** 2
        h = t[1] - t[0]
        log -= np.log(np.exp(log).sum(1, keepdims=True) * h)
        p = np.exp(log) * h
        if measure == "i_cissi":
            return weight @ (p * (log - prior)).sum(1)
        return -(np.exp(prior) * prior).sum() * h + weight @ (p * log).sum(1)
    z = np.arange(-8, 8.01, 0.16)
    found = 0.0
    for u in np.arange(np.log(min(sds.min(), noise) ** 2) - 9, np.log(means.var() + (sds**2).max()) + 12, 0.25):
        g = np.exp(u)
        xg = x + g**0.5 * z
        base = log_density(xg, g)[1]
        if measure == "i_kong2":
            rr, w = r[::3][None], (chance[::3] / chance[::3].sum())[None]
            d = (_given_both(weights, means, sds, xg[:, None], rr, g, noise) - base[:, None]) ** 2
            value = (d * w).sum(1)
        else:
            total = sds**2 + g
            log = np.log(weights) - 0.5 * (xg[:, None] - means) ** 2 / total - 0.5 * np.log(total)
            share = np.exp(log - log.max(1, keepdims=True))
            share /= share.sum(1, keepdims=True)
            centre, left = means + sds**2 / total * (xg[:, None] - means), sds**2 * g / total
            e = np.arange(-8, 8.01, 0.16)
            value = 0
            for c in range(len(weights)):
                rr = centre[:, c, None] + np.sqrt(left[c] + noise**2) * e
                d = (_given_both(weights, means, sds, xg[:, None], rr, g, noise) - base[:, None]) ** 2
                value = value + share[:, c] * (d @ norm.pdf(e)) * 0.16
        found += 0.25 * 0.16 * (norm.pdf(z) @ value) / (2 * g)
    return found


def _given_both(weights, means, sds, xg, r, g, noise):
    """E[X | xg, r], by both observations together."""
    a, b = 1 / g, 1 / noise**2
    t, v = (a * xg + b * r) / (a + b), 1 / (a + b)
    total = sds**2 + v
    log = np.log(weights) - 0.5 * (t[..., None] - means) ** 2 / total - 0.5 * np.log(total)
    share = np.exp(log - log.max(-1, keepdims=True))
    return (share * (means + sds**2 / total * (t[..., None] - means))).sum(-1) / share.sum(-1)
