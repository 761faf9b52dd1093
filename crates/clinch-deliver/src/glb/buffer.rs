//! The numbers of a glTF file: one buffer, views into it, and accessors that say what a view holds.

use super::push;
use serde_json::{Value, json};

/// `componentType` of the specification.
const UNSIGNED_BYTE: u32 = 5121;
const UNSIGNED_INT: u32 = 5125;
const FLOAT: u32 = 5126;

/// `target` of a view.
const VERTICES: u32 = 34962;
const INDICES: u32 = 34963;

/// What an accessor of floating-point numbers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// An attribute of vertices.
    Vertices,
    /// Positions of vertices, with their bounds.
    Positions,
    /// Times, with their bounds.
    Bounded,
    /// Motion, matrices.
    Plain,
}

/// The buffer and what is said of it.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub bytes: Vec<u8>,
    pub views: Vec<Value>,
    pub accessors: Vec<Value>,
}

impl Buffer {
    /// Appends bytes, the next ones on a whole word.
    pub fn view(&mut self, bytes: &[u8], target: Option<u32>) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let mut view = json!({"buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len()});
        if let Some(target) = target {
            view["target"] = target.into();
        }
        self.bytes.extend_from_slice(bytes);
        push(&mut self.views, view)
    }

    /// Rows of one, two, three, four or sixteen numbers.
    pub fn floats<const N: usize>(&mut self, rows: &[[f32; N]], how: Use) -> usize {
        let bytes: Vec<u8> = rows.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let target = matches!(how, Use::Vertices | Use::Positions).then_some(VERTICES);
        let view = self.view(&bytes, target);
        let mut accessor = json!({"bufferView": view, "componentType": FLOAT, "count": rows.len(), "type": kind(N)});
        if matches!(how, Use::Positions | Use::Bounded) {
            bound(&mut accessor, rows);
        }
        push(&mut self.accessors, accessor)
    }

    /// Corners of triangles.
    pub fn indices(&mut self, indices: &[u32]) -> usize {
        let bytes: Vec<u8> = indices.iter().flat_map(|i| i.to_le_bytes()).collect();
        let view = self.view(&bytes, Some(INDICES));
        push(&mut self.accessors, json!({"bufferView": view, "componentType": UNSIGNED_INT, "count": indices.len(), "type": "SCALAR"}))
    }

    /// Four bytes a vertex: joints, or shares of 255 where `normalized`.
    pub fn bytes_a_vertex(&mut self, rows: &[[u8; 4]], normalized: bool) -> usize {
        let view = self.view(rows.as_flattened(), Some(VERTICES));
        let accessor =
            json!({"bufferView": view, "componentType": UNSIGNED_BYTE, "count": rows.len(), "type": "VEC4", "normalized": normalized});
        push(&mut self.accessors, accessor)
    }

    /// `count` vectors that are zero but for some, given by ascending index.
    pub fn sparse(&mut self, count: usize, entries: &[(u32, [f32; 3])]) -> usize {
        // Some tools refuse an accessor without any view, though the specification allows it: one zero is written out.
        let entries = if entries.is_empty() { &[(0, [0.0; 3])] } else { entries };
        let zero = (entries.len() < count).then_some([0.0; 3]);
        let values: Vec<[f32; 3]> = entries.iter().map(|entry| entry.1).collect();
        let indices: Vec<u8> = entries.iter().flat_map(|entry| entry.0.to_le_bytes()).collect();
        let bytes: Vec<u8> = values.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let views = [self.view(&indices, None), self.view(&bytes, None)];
        let mut accessor = json!({
            "componentType": FLOAT, "count": count, "type": "VEC3",
            "sparse": {
                "count": entries.len(),
                "indices": {"bufferView": views[0], "componentType": UNSIGNED_INT},
                "values": {"bufferView": views[1]},
            },
        });
        bound(&mut accessor, &values.into_iter().chain(zero).collect::<Vec<_>>());
        push(&mut self.accessors, accessor)
    }
}

/// Least and greatest of every column.
fn bound<const N: usize>(accessor: &mut Value, rows: &[[f32; N]]) {
    let fold = |start: f32, pick: fn(f32, f32) -> f32| {
        let ends: [f32; N] = std::array::from_fn(|column| rows.iter().map(|row| row[column]).fold(start, pick));
        Value::from(ends.to_vec())
    };
    accessor["min"] = fold(f32::INFINITY, f32::min);
    accessor["max"] = fold(f32::NEG_INFINITY, f32::max);
}

fn kind(columns: usize) -> &'static str {
    match columns {
        1 => "SCALAR",
        2 => "VEC2",
        3 => "VEC3",
        4 => "VEC4",
        _ => "MAT4",
    }
}
