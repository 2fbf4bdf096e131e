"""Groups of latents of a population, in worlds whose factors are known: what each group tells about each factor.

A `World` holds images and their factors, `Responses` what a population does, `GroupVAE` the latents, `ExactLatents`
their law given each image, and `Shares` what they tell.
"""

from typing import TYPE_CHECKING

import lazy_loader as _lazy_loader  # type: ignore[import-untyped, unused-ignore]

if TYPE_CHECKING:
    from .channel import ExactLatents, GroupChannel
    from .contrastive import (
        Bound,
        GaussianChannel,
        RecordedPairs,
        SetChannel,
        critic_info_nce,
        exact_info_nce,
        info_nce,
    )
    from .critic import Critic, train_critic
    from .critics import LatentPairs, OnFeatures, critic_bounds, train_critics
    from .gap import binned_gap, information_gap
    from .groups import Groups, usual_groups
    from .partial_correlation import batch_partial_correlation, gaussian_partial_correlation
    from .population import mixed_population
    from .reading import read_world
    from .recipe import RECIPES, GroupRecipe
    from .rendered import rendered_world
    from .responses import Responses
    from .scores import GroupScores, score_groups
    from .shares import FactorInformation, Shares, factor_information, group_shares
    from .sizes import SIZES, SizePreset, preset_for_size
    from .store import LearnedGroups, load_groups, save_groups
    from .tables import GaussianTable, MemberTable, PoissonTable
    from .training import GroupTraining
    from .vae import GroupVAE
    from .vision import VisionTransformer
    from .world import World

_PLACES = {
    "channel": ["ExactLatents", "GroupChannel"],
    "contrastive": [
        "Bound",
        "GaussianChannel",
        "RecordedPairs",
        "SetChannel",
        "critic_info_nce",
        "exact_info_nce",
        "info_nce",
    ],
    "critic": ["Critic", "train_critic"],
    "critics": ["LatentPairs", "OnFeatures", "critic_bounds", "train_critics"],
    "gap": ["binned_gap", "information_gap"],
    "groups": ["Groups", "usual_groups"],
    "partial_correlation": ["batch_partial_correlation", "gaussian_partial_correlation"],
    "population": ["mixed_population"],
    "reading": ["read_world"],
    "recipe": ["RECIPES", "GroupRecipe"],
    "rendered": ["rendered_world"],
    "responses": ["Responses"],
    "scores": ["GroupScores", "score_groups"],
    "shares": ["FactorInformation", "Shares", "factor_information", "group_shares"],
    "sizes": ["SIZES", "SizePreset", "preset_for_size"],
    "store": ["LearnedGroups", "load_groups", "save_groups"],
    "tables": ["GaussianTable", "MemberTable", "PoissonTable"],
    "training": ["GroupTraining"],
    "vae": ["GroupVAE"],
    "vision": ["VisionTransformer"],
    "world": ["World"],
}

# A name is imported when it is first used: training needs accelerate, and rendering does not.
__getattr__, __dir__, _ = _lazy_loader.attach(__name__, submod_attrs=_PLACES)

__all__ = [
    "RECIPES",
    "SIZES",
    "Bound",
    "Critic",
    "ExactLatents",
    "FactorInformation",
    "GaussianChannel",
    "GaussianTable",
    "GroupChannel",
    "GroupRecipe",
    "GroupScores",
    "GroupTraining",
    "GroupVAE",
    "Groups",
    "LatentPairs",
    "LearnedGroups",
    "MemberTable",
    "OnFeatures",
    "PoissonTable",
    "RecordedPairs",
    "Responses",
    "SetChannel",
    "Shares",
    "SizePreset",
    "VisionTransformer",
    "World",
    "batch_partial_correlation",
    "binned_gap",
    "critic_bounds",
    "critic_info_nce",
    "exact_info_nce",
    "factor_information",
    "gaussian_partial_correlation",
    "group_shares",
    "info_nce",
    "information_gap",
    "load_groups",
    "mixed_population",
    "preset_for_size",
    "read_world",
    "rendered_world",
    "save_groups",
    "score_groups",
    "train_critic",
    "train_critics",
    "usual_groups",
]
