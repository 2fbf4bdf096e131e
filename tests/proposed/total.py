import numpy as np

import stiminfo as si

MEASURE = si.Measure(
    "I(R;X) everywhere",
    lambda model: np.full(len(model.stimuli), model.mutual_information()),
    conditional=lambda pair: np.full(len(pair.stimuli), pair.conditional_information()),
    claims={"completeness": True, "positivity": True, "additivity": True, "data_processing": True, "locality": False},
)
