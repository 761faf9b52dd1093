//! perform: a story acted out by two simulated bodies.
