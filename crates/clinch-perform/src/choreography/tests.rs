//! Tests of the whole choreography.
