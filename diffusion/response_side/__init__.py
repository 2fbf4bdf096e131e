"""Denoisers of the response: E[R | Rg] and E[R | Rg, x], derived from a stimulus denoiser's own model (for I_sp).

Each is a `Denoiser` whose "stimulus" is R and whose "response" is x. A discrete R is put on the corners of a simplex
(one-hot) or, for counts, on the whole numbers: entropies do not depend on where. Which one a denoiser has is
`Denoiser.response_side`; of a finite set of stimuli, the encoder says it (`Encoder.responses_of_set`).
"""
