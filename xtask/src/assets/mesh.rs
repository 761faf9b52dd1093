//! The base mesh.

use anyhow::{Context, Result, bail};
use clinch_cast::human::Group;

/// Groups whose faces are never shown.
const LEFT_OUT: [&str; 2] = ["joint-", "helper-genital"];

pub struct Mesh {
    /// `[vertex]`, units of 0.01 mm.
    pub position: Vec<[i32; 3]>,
    /// `[uv]`, millionths, v downward.
    pub uv: Vec<[i32; 2]>,
    pub groups: Vec<Group>,
}

/// Reads a Wavefront OBJ file of quads in groups; lengths are decimetres with four decimals.
pub fn parse(text: &str) -> Result<Mesh> {
    let mut mesh = Mesh { position: Vec::new(), uv: Vec::new(), groups: Vec::new() };
    let mut group = String::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let parsed = match words.as_slice() {
            ["v", x, y, z] => decimals([x, y, z], 4).map(|position| mesh.position.push(position)),
            ["vt", u, v] => decimals([u, v], 6).map(|[u, v]| mesh.uv.push([u, 1_000_000 - v])),
            ["g", name] => {
                group = merged(name);
                Ok(())
            }
            ["f", a, b, c, d] => face([a, b, c, d]).map(|corners| push(&mut mesh.groups, &group, corners)),
            _ => Ok(()),
        };
        parsed.with_context(|| format!("base.obj, line {}: {line}", number + 1))?;
    }
    if mesh.groups.is_empty() {
        bail!("base.obj has no faces");
    }
    Ok(mesh)
}

/// Both rows of lashes of an eye are one group.
fn merged(name: &str) -> String {
    match name.strip_suffix("-1").or(name.strip_suffix("-2")) {
        Some(eye) if eye.ends_with("eyelashes") => eye.to_owned(),
        _ => name.to_owned(),
    }
}

fn push(groups: &mut Vec<Group>, name: &str, corners: [(u32, u32); 4]) {
    if LEFT_OUT.iter().any(|left_out| name.starts_with(left_out)) {
        return;
    }
    let index = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
        groups.push(Group { name: name.to_owned(), quads: Vec::new(), uv: Vec::new() });
        groups.len() - 1
    });
    groups[index].quads.push(corners.map(|corner| corner.0));
    groups[index].uv.push(corners.map(|corner| corner.1));
}

/// Vertex and texture place of each corner, from zero.
fn face(words: [&str; 4]) -> Result<[(u32, u32); 4]> {
    let mut corners = [(0, 0); 4];
    for (corner, word) in corners.iter_mut().zip(words) {
        let (vertex, uv) = word.split_once('/').context("a corner has no texture place")?;
        let index = |text: &str| text.parse::<u32>().ok().and_then(|index| index.checked_sub(1));
        *corner = index(vertex).zip(index(uv)).context("a corner isn't two indices from 1")?;
    }
    Ok(corners)
}

/// Decimal numbers as whole numbers of the given place, which must lose nothing that counts.
pub fn decimals<const N: usize>(words: [&str; N], places: i32) -> Result<[i32; N]> {
    let mut numbers = [0; N];
    for (number, word) in numbers.iter_mut().zip(words) {
        let scaled = word.parse::<f64>().with_context(|| format!("{word} isn't a number"))? * 10f64.powi(places);
        // Half a hundredth of a unit: 1e-6 rounding noise passes, a lost decimal doesn't.
        if !scaled.is_finite() || scaled.abs() > 1e9 || (scaled - scaled.round()).abs() > 0.005 {
            bail!("{word} has more than {places} decimals or is out of range");
        }
        *number = scaled.round() as i32;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lashes_are_merged_and_joints_left_out() {
        let text = "v 1 -2.5 0.0001\nvt 0.25 0.75\ng joint-jaw\nf 1/1 1/1 1/1 1/1\ng helper-l-eyelashes-2\nf 1/1 1/1 1/1 1/1\ng helper-l-eyelashes-1\nf 1/1 1/1 1/1 1/1\n";
        let mesh = parse(text).unwrap();
        assert_eq!(mesh.position, [[10_000, -25_000, 1]]);
        assert_eq!(mesh.uv, [[250_000, 250_000]]);
        assert_eq!(mesh.groups.len(), 1);
        assert_eq!((mesh.groups[0].name.as_str(), mesh.groups[0].quads.len()), ("helper-l-eyelashes", 2));
    }

    #[test]
    fn a_lost_decimal_is_caught() {
        assert_eq!(decimals([".026", "-1"], 3).unwrap(), [26, -1000]);
        assert!(decimals(["0.0265"], 3).is_err());
        assert!(decimals(["nan"], 3).is_err());
    }
}
