//! What is seen of the body itself: skin, eyes, teeth and tongue.

use crate::{
    Options,
    figure::Figure,
    part::{Part, material},
};

/// Skin, eyes and mouth.
pub fn parts(figure: &Figure, options: &Options) -> Vec<Part> {
    let mut parts = Vec::new();
    let covered = crate::dress::covered(figure);
    let mut add = |group: &str, name: &str, reflectance: f32, roughness: f32| {
        let cage = figure.cage(group, |_, quad| !quad.iter().all(|&v| covered[v as usize]));
        let cage = if options.fine { cage.refined() } else { cage };
        let mut part = figure.part(&cage);
        part.material = Some(material(name, reflectance, roughness, 0.03, 0.0));
        parts.push(part);
    };
    add("body", "skin", figure.spec.skin_reflectance, 0.5);
    for eye in ["helper-l-eye", "helper-r-eye"] {
        add(eye, "eye", 0.6, 0.1);
    }
    for teeth in ["helper-upper-teeth", "helper-lower-teeth"] {
        add(teeth, "teeth", 0.5, 0.3);
    }
    add("helper-tongue", "tongue", 0.2, 0.3);
    parts
}
