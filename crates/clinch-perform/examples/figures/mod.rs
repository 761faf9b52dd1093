//! Capsule figures for the examples: two people, a camera, a picture.
#![allow(dead_code, reason = "each example uses its own part")]

use clinch_model::{Cast, Hold, Person, Placed, Pose, Segment, Shape, Skeleton, Who, cast::Surface};
use glam::{Quat, Vec3};
use std::{error::Error, path::Path};

/// The holds of a folder, by name.
pub fn read_holds(folder: &Path) -> Result<Vec<Hold>, Box<dyn Error>> {
    let mut holds: Vec<Hold> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        holds.push(toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    holds.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(holds)
}

pub fn people() -> Cast {
    let person = |who, height_m: f32, mass_kg: f32| Person {
        who,
        height_m,
        mass_kg,
        temperament: Default::default(),
        seed: 0,
        lids_shut: [1.0; 2],
        skeleton: clinch_cast::skeleton::skeleton(height_m, mass_kg),
        surface: Surface::default(),
    };
    Cast { people: [person(Who::Cop, 1.84, 94.0), person(Who::Kid, 1.74, 66.0)] }
}

/// A parallel projection.
#[derive(Clone, Copy)]
pub struct Camera {
    right: Vec3,
    up: Vec3,
    forward: Vec3,
    pub centre_m: Vec3,
    width_m: f32,
}

impl Camera {
    /// Looks at the middle from an azimuth (0: from +z, 90: from +x) and a height angle.
    pub fn from(azimuth_deg: f32, height_deg: f32, width_m: f32, centre_m: Vec3) -> Self {
        let turn = Quat::from_rotation_y(azimuth_deg.to_radians()) * Quat::from_rotation_x(-height_deg.to_radians());
        Self { right: turn * Vec3::X, up: turn * Vec3::Y, forward: turn * Vec3::NEG_Z, centre_m, width_m }
    }
}

/// Shapes in the world, with how light they are.
pub struct Scene {
    shapes: Vec<(Shape, Placed, f32)>,
    pub dots: Vec<Vec3>,
}

impl Scene {
    pub fn new(cast: &Cast, poses: &[Pose; 2]) -> Self {
        let mut shapes = Vec::new();
        for who in Who::BOTH {
            let skeleton: &Skeleton = &cast.person(who).skeleton;
            let placed = skeleton.place(&poses[who.index()]);
            let tone = if who == Who::Cop { 0.95 } else { 0.42 };
            for segment in Segment::ALL {
                shapes.push((skeleton.shape[segment.index()], placed[segment.index()], tone));
            }
            // A nose tells where a head faces; a thumb, which way a palm does.
            let mut knob = |segment: Segment, at: Vec3, radius_m: f32| {
                shapes.push((Shape::Capsule { a_m: at, b_m: at + Vec3::Y * 0.01, radius_m }, placed[segment.index()], tone * 0.6));
            };
            knob(Segment::Head, Vec3::new(0.0, 0.19, 0.115), 0.018);
            knob(Segment::HandL, Vec3::new(-0.01, -0.07, 0.035), 0.014);
            knob(Segment::HandR, Vec3::new(0.01, -0.07, 0.035), 0.014);
        }
        Self { shapes, dots: Vec::new() }
    }

    /// Nearest hit of a ray: distance, normal, tone.
    fn hit(&self, from: Vec3, along: Vec3) -> Option<(f32, Vec3, f32)> {
        let mut nearest: Option<(f32, Vec3, f32)> = None;
        for (shape, placed, tone) in &self.shapes {
            let (o, d) = (placed.inverse_point(from), placed.turn.inverse() * along);
            if let Some((t, n)) = hit_shape(shape, o, d)
                && nearest.is_none_or(|(best, ..)| t < best)
            {
                nearest = Some((t, placed.turn * n, *tone));
            }
        }
        nearest
    }

    pub fn draw(&self, picture: &mut Picture, left: usize, top: usize, side: usize, camera: &Camera) {
        let light = Vec3::new(0.35, 0.85, 0.4).normalize();
        let metre = side as f32 / camera.width_m;
        for y in 0..side {
            for x in 0..side {
                let (u, v) = ((x as f32 - side as f32 / 2.0) / metre, (side as f32 * 0.5 - y as f32) / metre);
                let from = camera.centre_m + camera.right * u + camera.up * v - camera.forward * 6.0;
                let to_ground = -from.y / camera.forward.y;
                let shade = match self.hit(from, camera.forward) {
                    Some((t, normal, tone)) if t < to_ground || to_ground < 0.0 => tone * (0.35 + 0.65 * (0.5 + 0.5 * normal.dot(light))),
                    _ if to_ground > 0.0 => {
                        let at = from + camera.forward * to_ground;
                        let line = |c: f32| ((c * 2.0 + 0.5).rem_euclid(1.0) - 0.5).abs() < 0.015;
                        let base = if line(at.x) || line(at.z) { 0.5 } else { 0.66 };
                        if self.hit(at, light).is_some() { base * 0.6 } else { base }
                    }
                    _ => 0.8,
                };
                picture.set(left + x, top + y, [shade; 3]);
            }
        }
        for dot in &self.dots {
            let at = *dot - camera.centre_m;
            let (x, y) = (at.dot(camera.right) * metre + side as f32 / 2.0, side as f32 * 0.5 - at.dot(camera.up) * metre);
            for dy in -2i32..=2 {
                for dx in -2i32..=2 {
                    let (px, py) = (x as i32 + dx, y as i32 + dy);
                    if px >= 0 && py >= 0 && (px as usize) < side && (py as usize) < side {
                        picture.set(left + px as usize, top + py as usize, [1.0, 0.1, 0.1]);
                    }
                }
            }
        }
    }
}

/// Where a ray meets a shape in the shape's frame.
fn hit_shape(shape: &Shape, o: Vec3, d: Vec3) -> Option<(f32, Vec3)> {
    match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => hit_capsule(a_m, b_m, radius_m, o, d),
        Shape::Cuboid { centre_m, half_m } => {
            let (m, n) = (d.recip(), (o - centre_m) / d);
            let k = m.abs() * half_m;
            let (near, far) = (-n - k, -n + k);
            let (t0, t1) = (near.max_element(), far.min_element());
            let normal = -d.signum() * Vec3::select(near.cmpeq(Vec3::splat(t0)), Vec3::ONE, Vec3::ZERO);
            (t0 < t1 && t0 > 1e-3).then_some((t0, normal))
        }
    }
}

fn hit_capsule(a: Vec3, b: Vec3, r: f32, o: Vec3, d: Vec3) -> Option<(f32, Vec3)> {
    let sphere = |c: Vec3| {
        let oc = o - c;
        let half = oc.dot(d);
        let h = half * half - oc.length_squared() + r * r;
        (h >= 0.0).then(|| -half - h.sqrt())
    };
    let (ba, oa) = (b - a, o - a);
    let (baba, bard, baoa) = (ba.dot(ba), ba.dot(d), ba.dot(oa));
    let (rdoa, oaoa) = (d.dot(oa), oa.dot(oa));
    let (qa, qb, qc) = (baba - bard * bard, baba * rdoa - baoa * bard, baba * oaoa - baoa * baoa - r * r * baba);
    let h = qb * qb - qa * qc;
    let mut best: Option<f32> = None;
    if qa > 1e-9 && h >= 0.0 {
        let t = (-qb - h.sqrt()) / qa;
        let y = baoa + t * bard;
        if y > 0.0 && y < baba {
            best = Some(t);
        }
    }
    for t in [sphere(a), sphere(b)].into_iter().flatten() {
        if best.is_none_or(|k| t < k) {
            best = Some(t);
        }
    }
    let t = best.filter(|t| *t > 1e-3)?;
    let p = o + d * t;
    let on_axis = a + ba * ((p - a).dot(ba) / baba.max(1e-9)).clamp(0.0, 1.0);
    Some((t, (p - on_axis).normalize_or(Vec3::Y)))
}

/// Pixels, `[row][column]`, RGB.
pub struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

impl Picture {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, pixels: vec![255; width * height * 3] }
    }

    fn set(&mut self, x: usize, y: usize, colour: [f32; 3]) {
        let at = (y * self.width + x) * 3;
        for (k, c) in colour.into_iter().enumerate() {
            self.pixels[at + k] = (c.clamp(0.0, 1.0) * 255.0) as u8;
        }
    }

    pub fn save(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let height = self.pixels.len() / 3 / self.width;
        let mut encoder = png::Encoder::new(file, self.width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(())
    }
}
