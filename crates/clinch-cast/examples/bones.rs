//! Prints a person's skeleton beside the usual one of the same height and mass, as shares of standing height.
use clinch_model::{Segment, Shape};
fn main() {
    let cast = clinch_cast::cast(&Default::default(), &Default::default()).expect("a default treatment");
    for person in &cast.people {
        println!("{}", person.who);
        let usual = clinch_cast::skeleton::skeleton(person.height_m, person.mass_kg);
        let h = person.height_m;
        for s in Segment::ALL.into_iter().filter(|s| !format!("{s:?}").ends_with('R')) {
            let i = s.index();
            let show = |shape: &Shape| match *shape {
                Shape::Capsule { a_m, b_m, radius_m } => format!("{:.3} {:.3} r {:.3}", a_m / h, b_m / h, radius_m / h),
                Shape::Cuboid { centre_m, half_m } => format!("{:.3} ± {:.3}", centre_m / h, half_m / h),
            };
            let (new, old) = (&person.skeleton, &usual);
            println!("{:10} joint {:.3} | {:.3}", format!("{s:?}"), new.joint_in_parent_m[i] / h, old.joint_in_parent_m[i] / h);
            println!("{:10} shape {} | {}", "", show(&new.shape[i]), show(&old.shape[i]));
        }
        println!("pelvis {:.3} | {:.3}", person.skeleton.pelvis_height_m / h, usual.pelvis_height_m / h);
    }
}
