//! light: a monochrome path tracer.
