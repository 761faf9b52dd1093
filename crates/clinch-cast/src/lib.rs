//! cast: two people from a treatment.

pub mod skeleton;
