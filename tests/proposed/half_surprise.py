import stiminfo as si


def half_surprise(model):
    """Half the specific surprise at each stimulus, shape (J,), nats."""
    return 0.5 * si.i_surp(model)


MEASURE = si.Measure("half surprise", half_surprise, claims={"completeness": False, "positivity": True})
