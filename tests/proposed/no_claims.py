import stiminfo as si

MEASURE = si.Measure("an even mix", lambda model: 0.5 * si.i_surp(model) + 0.5 * si.i_cissi(model))
