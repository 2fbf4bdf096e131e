"""The papers behind the measures and the latent groups: figures and statements of the first, statements of both."""
