//! How long each step of casting takes, for `cargo xtask bench-cast`.

use crate::{
    Error, Options,
    corrective::Body,
    dress,
    figure::Figure,
    human::Human,
    part,
    person::PersonSpec,
    physique, pose,
    skin::{self, Skin},
};
use clinch_model::{Treatment, Who, cast::Surface};
use std::time::{Duration, Instant};

/// A step's name and how long it took.
pub type Step = (&'static str, Duration);

/// Makes one person step by step, each step by itself on the calling thread's pool. The person is the one that [`crate::cast`] makes, which runs
/// some of the steps side by side.
///
/// # Errors
/// As [`crate::cast`].
pub fn steps(treatment: &Treatment, who: Who, options: &Options) -> Result<Vec<Step>, Error> {
    let mut watch = Watch { steps: Vec::new(), since: Instant::now() };
    let human = Human::load()?;
    watch.lap("load");
    let spec = PersonSpec::of(who, treatment)?;
    let figure = Figure::new(&human, spec.clone(), dress::sole_m(spec.dress))?;
    watch.lap("shape");
    let body = Body::new(&figure, &physique::skeleton(&figure));
    watch.lap("correctives");
    let skin = Skin::bare_of_clothes(&figure, options);
    watch.lap("skin");
    skin.textures(&figure);
    watch.lap("paint");
    let hair = skin.hair(&figure);
    watch.lap("hair");
    let inner = skin::inner_parts(&figure, options);
    watch.lap("eyes and mouth");
    let clothes = dress::parts(&figure, &body);
    watch.lap("dress");
    let mut surface = Surface { bones: figure.rig.bones.clone(), ..Surface::default() };
    hair.into_iter().chain(inner).chain(clothes).for_each(|part| part::join(&mut surface, part));
    pose::normals(&surface.triangles, &surface.position_m, &mut surface.normal);
    watch.lap("join");
    Ok(watch.steps)
}

struct Watch {
    steps: Vec<Step>,
    since: Instant,
}

impl Watch {
    fn lap(&mut self, name: &'static str) {
        self.steps.push((name, self.since.elapsed()));
        self.since = Instant::now();
    }
}
