//! glTF 2.0 in its binary form: <https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html>.
//!
//! The JSON is written value by value, as the specification has it; `buffer` keeps the numbers, `mesh` and `material` turn surfaces into meshes,
//! `rig` people into joints and motion, `stage` the set's lamps and the cameras into nodes.

mod buffer;
mod material;
mod mesh;
mod rig;
mod stage;

use crate::{Error, aside::AsideFile, scene::Scene};
use buffer::{Buffer, Use};
use clinch_model::{Progress, Who};
use serde_json::{Value, json};
use std::path::Path;

/// Share of the work that goes into each person, and at which the set is done.
const PERSON: f64 = 0.4;
const SET_DONE: f64 = 0.95;

/// Writes the scene: both people skinned and moving, the set, the lamps, a camera a shot. Metres, y up, seconds.
///
/// Vertices are those of `clinch-cast`'s pose: skinning is linear, shape changes are morph targets. One animation moves everything.
///
/// # Errors
/// [`Error::NoMotion`] where there is none, [`Error::SceneTooLarge`] beyond what the format holds, [`Error::Unwritable`]; a file that was at `out`
/// before is then untouched.
pub fn write_glb(scene: &Scene, out: &Path, progress: Progress) -> Result<(), Error> {
    scene.check()?;
    let mut file = AsideFile::create(out)?;
    let mut document = Document::default();
    let times: Vec<[f32; 1]> = scene.times().map(|at| [scene.time_in_file(at)]).collect();
    let clock = document.buffer.floats(&times, Use::Bounded);
    for who in Who::BOTH {
        let start = if who == Who::Cop { 0.0 } else { PERSON };
        rig::add_person(&mut document, scene, who, clock, &|share| progress(start + PERSON * share))?;
    }
    stage::add_set(&mut document, scene.scenery)?;
    progress(SET_DONE);
    stage::add_cameras(&mut document, scene);
    let (json, bytes) = document.finished(scene);
    write_chunks(&mut file, &json, &bytes)?;
    file.commit()?;
    progress(1.0);
    Ok(())
}

/// The container: a head and two chunks, each filled up to whole words.
fn write_chunks(file: &mut AsideFile, json: &Value, bytes: &[u8]) -> Result<(), Error> {
    let mut text = json.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    let filled = bytes.len().next_multiple_of(4);
    let total = 12 + 8 + text.len() as u64 + 8 + filled as u64;
    let total = u32::try_from(total).map_err(|_| Error::SceneTooLarge { bytes: total })?;
    file.write(b"glTF")?;
    file.write(&[2, total].map(u32::to_le_bytes).concat())?;
    // Both lengths fit, because their sum does.
    file.write(&(text.len() as u32).to_le_bytes())?;
    file.write(b"JSON")?;
    file.write(&text)?;
    file.write(&(filled as u32).to_le_bytes())?;
    file.write(b"BIN\0")?;
    file.write(bytes)?;
    file.write(&vec![0; filled - bytes.len()])
}

/// The document as it grows; an index into one of its lists is what the specification calls an index.
#[derive(Debug, Default)]
struct Document {
    buffer: Buffer,
    nodes: Vec<Value>,
    /// Nodes that hang on no other.
    roots: Vec<usize>,
    meshes: Vec<Value>,
    materials: Vec<Value>,
    textures: Vec<Value>,
    images: Vec<Value>,
    skins: Vec<Value>,
    cameras: Vec<Value>,
    lights: Vec<Value>,
    samplers: Vec<Value>,
    channels: Vec<Value>,
}

/// Appends and tells where.
fn push(list: &mut Vec<Value>, value: Value) -> usize {
    list.push(value);
    list.len() - 1
}

impl Document {
    /// Moves a property of a node: `clock` and `values` are accessors.
    fn animate(&mut self, node: usize, path: &str, clock: usize, values: usize) {
        let sampler = push(&mut self.samplers, json!({"input": clock, "output": values, "interpolation": "LINEAR"}));
        self.channels.push(json!({"sampler": sampler, "target": {"node": node, "path": path}}));
    }

    /// An 8-bit picture, and a texture that repeats it.
    fn add_picture(&mut self, name: &str, png: &[u8]) -> usize {
        let view = self.buffer.view(png, None);
        let image = push(&mut self.images, json!({"name": name, "mimeType": "image/png", "bufferView": view}));
        push(&mut self.textures, json!({"name": name, "source": image, "sampler": 0}))
    }

    /// The whole JSON, and the buffer.
    fn finished(self, scene: &Scene) -> (Value, Vec<u8>) {
        let Buffer { bytes, views, accessors } = self.buffer;
        let [from, to] = [scene.frames.start, scene.frames.end].map(|frame| scene.rate.start_of(frame).0);
        let about = json!({
            "title": scene.title, "credits": scene.credits, "frames_per_second": scene.rate.hz(),
            "from_secs": from, "to_secs": to, "first_frame": scene.frames.start,
        });
        let mut json = json!({
            "asset": {
                "version": "2.0", "generator": concat!("clinch ", env!("CARGO_PKG_VERSION")), "copyright": scene.credits,
            },
            "scene": 0,
            "scenes": [{"name": "struggle", "nodes": self.roots, "extras": about}],
            "buffers": [{"byteLength": bytes.len()}],
            "bufferViews": views,
            "accessors": accessors,
            "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}],
            "animations": [{"name": "struggle", "samplers": self.samplers, "channels": self.channels}],
            "extensionsUsed": ["KHR_lights_punctual", "KHR_materials_sheen", "KHR_materials_specular"],
            "extensions": {"KHR_lights_punctual": {"lights": self.lights}},
        });
        for (name, list) in [
            ("nodes", self.nodes),
            ("meshes", self.meshes),
            ("materials", self.materials),
            ("textures", self.textures),
            ("images", self.images),
            ("skins", self.skins),
            ("cameras", self.cameras),
        ] {
            json[name] = Value::Array(list);
        }
        (json, bytes)
    }
}
