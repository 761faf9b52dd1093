//! The set, its lamps and the cameras.

use super::{Document, Use, mesh, push};
use crate::{Error, scene::Scene};
use clinch_model::{CameraPose, Scenery, Secs, Shot, SpotLamp, Who};
use glam::{Quat, Vec3};
use serde_json::json;
use std::f32::consts::TAU;

/// Candela, in which glTF gives lamps, for a radiant intensity of 1: the unit of irradiance is taken as 1 W/m² of the light that eyes see best
/// (683 lm/W). Tools that reckon in watts turn it back into 1, and their exposure without a change is then the film's.
const CANDELA_M2: f32 = 683.0;
/// Corners of a lamp's disc, and how far behind the light it stands so that it shadows nothing.
const DISC_CORNERS: usize = 24;
const DISC_BEHIND_M: f32 = 0.02;
/// Nearest and farthest that a camera sees, in metres.
const NEAR_M: f32 = 0.05;
const FAR_M: f32 = 200.0;

/// Adds the set and its lamps.
pub(super) fn add_set(document: &mut Document, scenery: &Scenery) -> Result<(), Error> {
    let mut children = Vec::new();
    for mesh in mesh::add_meshes(document, &scenery.surface, "set", None, &[])? {
        children.push(push(&mut document.nodes, json!({"name": format!("set-{}", mesh.name), "mesh": mesh.index})));
    }
    let glow = json!({"name": "lamp", "emissiveFactor": [1.0, 1.0, 1.0], "pbrMetallicRoughness": {"baseColorFactor": [0.0, 0.0, 0.0, 1.0], "metallicFactor": 0.0}});
    let glow = push(&mut document.materials, glow);
    for lamp in &scenery.lamps {
        children.push(add_lamp(document, lamp, glow));
    }
    let set = push(&mut document.nodes, json!({"name": "set", "children": children}));
    document.roots.push(set);
    Ok(())
}

fn add_lamp(document: &mut Document, lamp: &SpotLamp, material: usize) -> usize {
    let [inner, outer] = lamp.beam_rad;
    let light = push(
        &mut document.lights,
        json!({
            "name": format!("lamp-{}", lamp.name), "type": "spot", "intensity": lamp.intensity_m2 * CANDELA_M2,
            "spot": {"innerConeAngle": inner, "outerConeAngle": outer},
        }),
    );
    let mesh = add_disc(document, lamp, material);
    let disc = push(&mut document.nodes, json!({"name": format!("lamp-{}-disc", lamp.name), "mesh": mesh}));
    let turn = Quat::from_rotation_arc(Vec3::NEG_Z, lamp.axis);
    push(
        &mut document.nodes,
        json!({
            "name": format!("lamp-{}", lamp.name), "translation": lamp.centre_m.to_array(), "rotation": turn.to_array(), "children": [disc],
            "extensions": {"KHR_lights_punctual": {"light": light}}, "extras": {"radius_m": lamp.radius_m},
        }),
    )
}

/// A shining disc that faces −z.
fn add_disc(document: &mut Document, lamp: &SpotLamp, material: usize) -> usize {
    let corner = |i: usize| {
        let (sin, cos) = (TAU * i as f32 / DISC_CORNERS as f32).sin_cos();
        [lamp.radius_m * cos, -lamp.radius_m * sin, DISC_BEHIND_M]
    };
    let places: Vec<[f32; 3]> = (0..DISC_CORNERS).map(corner).collect();
    let fan: Vec<u32> = (1..DISC_CORNERS as u32 - 1).flat_map(|i| [0, i, i + 1]).collect();
    let buffer = &mut document.buffer;
    let attributes = json!({
        "POSITION": buffer.floats(&places, Use::Positions),
        "NORMAL": buffer.floats(&[[0.0, 0.0, -1.0]; DISC_CORNERS], Use::Vertices),
    });
    let primitive = json!({"attributes": attributes, "indices": buffer.indices(&fan), "material": material});
    push(&mut document.meshes, json!({"name": format!("lamp-{}-disc", lamp.name), "primitives": [primitive]}))
}

/// Adds a camera for every shot of which something is written.
pub(super) fn add_cameras(document: &mut Document, scene: &Scene) {
    for (number, shot) in scene.cut.shots.iter().enumerate() {
        let rate = scene.cut.rate;
        let own = |at: &Secs| (shot.first_frame..shot.end_frame).contains(&rate.frame_at(*at));
        let times: Vec<Secs> = scene.times().filter(own).collect();
        let poses: Vec<CameraPose> = times.iter().filter_map(|at| pose_at(shot, at.0 * rate.hz())).collect();
        if let Some(first) = poses.first() {
            add_camera(document, scene, number, &times, &poses, first);
        }
    }
}

/// The camera at a frame of the film, which may lie between two.
fn pose_at(shot: &Shot, frame: f64) -> Option<CameraPose> {
    let within = (frame - shot.first_frame as f64).max(0.0);
    let index = (within as usize).min(shot.camera.len().checked_sub(1)?);
    let now = &shot.camera[index];
    Some(shot.camera.get(index + 1).map_or(*now, |next| now.blend(next, (within - index as f64) as f32)))
}

fn add_camera(document: &mut Document, scene: &Scene, number: usize, times: &[Secs], poses: &[CameraPose], first: &CameraPose) {
    let shot = &scene.cut.shots[number];
    let subject = shot.subject.map_or("both".into(), |who: Who| who.to_string().to_lowercase());
    let framing = format!("{:?}", shot.size).to_lowercase();
    let name = format!("shot-{:02}-{framing}-{subject}", number + 1);
    let lens = json!({"aspectRatio": scene.cut.aspect, "yfov": first.vfov_rad, "znear": NEAR_M, "zfar": FAR_M});
    let camera = push(&mut document.cameras, json!({"name": name, "type": "perspective", "perspective": lens}));
    let [from, to] = [shot.first_frame, shot.end_frame].map(|frame| scene.cut.rate.start_of(frame));
    let mut about = json!({
        "shot": number + 1, "framing": framing, "subject": subject, "first_frame": shot.first_frame, "end_frame": shot.end_frame,
        "from_secs": from.0, "to_secs": to.0, "from_in_file_secs": scene.time_in_file(from), "to_in_file_secs": scene.time_in_file(to),
        "focus_m": first.focus_m, "aperture_m": first.aperture_m,
    });
    // glTF can't move a lens, so a zoom is told beside it.
    if poses.iter().any(|pose| pose.vfov_rad != first.vfov_rad) {
        about["vfov_rad"] = poses.iter().map(|pose| pose.vfov_rad).collect();
    }
    let turns = poses.iter().scan(first.turn, |before, pose| {
        *before = if before.dot(pose.turn) < 0.0 { -pose.turn } else { pose.turn };
        Some(before.normalize().to_array())
    });
    let (turns, places): (Vec<[f32; 4]>, Vec<[f32; 3]>) = (turns.collect(), poses.iter().map(|pose| pose.eye_m.to_array()).collect());
    let node = json!({"name": name, "camera": camera, "translation": places[0], "rotation": turns[0], "extras": about});
    let node = push(&mut document.nodes, node);
    document.roots.push(node);
    let times: Vec<[f32; 1]> = times.iter().map(|at| [scene.time_in_file(*at)]).collect();
    let clock = document.buffer.floats(&times, Use::Bounded);
    for (path, values) in
        [("translation", document.buffer.floats(&places, Use::Plain)), ("rotation", document.buffer.floats(&turns, Use::Plain))]
    {
        document.animate(node, path, clock, values);
    }
}
