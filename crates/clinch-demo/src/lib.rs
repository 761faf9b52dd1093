//! The demo song of clinch, composed and synthesised.
