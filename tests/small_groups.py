"""Latent groups of a tiny world, not trained: a checkpoint that is sound, in a moment."""


def save_small_groups(folder, critic=False):
    """Write them to a folder.

    Parameters
    ----------
    critic : also write a critic, not trained, of one of the groups
    """
    from stiminfo.diffusion.latents import (
        Critic,
        Groups,
        GroupVAE,
        LearnedGroups,
        Responses,
        mixed_population,
        rendered_world,
        save_groups,
    )

    world = rendered_world(8, 2, 4, 1, 2)
    responses = Responses.of_table(mixed_population(world, 12, seed=1), world)
    vae = GroupVAE(Groups(("pose", "rest"), (2, 1), {"pose": "rotation"}), world, responses)
    critics = {"pose": Critic("separable", world.images[0].size, 2, 4)} if critic else {}
    save_groups(LearnedGroups(vae, world, responses, {}, critics), folder)
