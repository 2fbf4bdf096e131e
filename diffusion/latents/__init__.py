"""Groups of latents of a population, and what each tells about images."""
