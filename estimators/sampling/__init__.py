"""What few trials do to the values of a count table: corrected values, intervals, a test, dependent trials.

`limited_sampling` does all of it. The parts are pure functions of a count table.
"""

from .bias import panzeri_treves_bias, relevant_responses
from .blocks import TrialOrder, autocorrelation_warning, block_length, design_effect
from .corrections import TITLES
from .limited import default_resamples, limited_sampling
from .permutation import permutation_test
from .population import PopulationSampling, PopulationTrials, population_sampling
from .priors import prior_of
from .records import Corrected, InformationSampling, MeasureSampling, SamplingResult, Settings
from .simulation import WHOLE
from .warnings import resample_warnings, stimulus_warnings, table_warnings

__all__ = [
    "TITLES",
    "WHOLE",
    "Corrected",
    "InformationSampling",
    "MeasureSampling",
    "PopulationSampling",
    "PopulationTrials",
    "SamplingResult",
    "Settings",
    "TrialOrder",
    "autocorrelation_warning",
    "block_length",
    "default_resamples",
    "design_effect",
    "limited_sampling",
    "panzeri_treves_bias",
    "permutation_test",
    "population_sampling",
    "prior_of",
    "relevant_responses",
    "resample_warnings",
    "stimulus_warnings",
    "table_warnings",
]
