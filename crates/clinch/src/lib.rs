//! A song in, a black-and-white film of a struggle out.
