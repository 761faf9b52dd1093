//! hear: a track in, a score out.
