//! shoot: a performance framed and cut.
