//! plot: a score and a treatment in, a story out.
