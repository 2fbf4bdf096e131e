"""Denoisers and diffusion-based estimators. Empty so far: the exact audit comes first and needs none of it."""
