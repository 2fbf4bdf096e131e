"""Denoisers of the response, E[R | Rg] and E[R | Rg, x], derived from a stimulus denoiser's model (for I_sp).

Each is a `Denoiser` whose "stimulus" is R and whose "response" is x. A discrete R is placed on the corners of a simplex
(one-hot) or, for counts, on the whole numbers; its entropies do not depend on the placement. `Denoiser.response_side`
gives the one of a denoiser, and `Encoder.responses_of_set` the one of an encoder and a finite set of stimuli.
"""
