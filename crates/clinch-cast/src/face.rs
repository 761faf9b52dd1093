use clinch_model::{Person, PersonSample};
pub fn units(_person: &Person, _state: &PersonSample) -> Vec<f32> {
    vec![0.0; 56]
}
