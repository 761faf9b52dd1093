//! deliver: pictures and sound into a film file.
