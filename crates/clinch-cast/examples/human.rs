//! Prints what the packed human holds and how long reading it takes.

use clinch_cast::human::{Human, HumanError};
use std::time::Instant;

fn main() -> Result<(), HumanError> {
    let start = Instant::now();
    let human = Human::load()?;
    println!("read in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    println!("{} vertices, {} joints, bones: {}", human.position_m.len(), human.joints.len(), human.bones.join(" "));
    for group in &human.groups {
        println!("{:6} quads {}", group.quads.len(), group.name);
    }
    println!("face units: {}", human.unit_names().join(" "));
    let names: Vec<&str> = human.target_names().collect();
    let start = Instant::now();
    let shifts: Vec<_> = names.iter().filter_map(|name| human.target(name)).collect();
    let spent_ms = start.elapsed().as_secs_f64() * 1e3;
    for (name, sparse) in names.iter().zip(&shifts) {
        let largest_mm = sparse.iter().map(|entry| entry.1.length() * 1e3).fold(0.0, f32::max);
        println!("{:6} vertices, up to {largest_mm:6.1} mm  {name}", sparse.len());
    }
    println!("all {} targets in {spent_ms:.0} ms", names.len());
    Ok(())
}
