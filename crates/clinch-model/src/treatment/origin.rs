//! Where in its file a field of a treatment stands.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::de::{DeTable, DeValue};

/// The file that a treatment was read from; none where it was made otherwise. It is no part of what is asked: all are equal.
#[derive(Debug, Clone, Default)]
pub struct Origin(Option<Arc<(PathBuf, String)>>);

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1; none where the file doesn't have the field nor a table around it.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ", line {line}"))
    }
}

impl Origin {
    /// A file and its text.
    pub fn new(path: &Path, text: String) -> Self {
        Self(Some(Arc::new((path.into(), text))))
    }

    /// Where a field such as `cop.hair.tone` or `story.reversals-at[1]` stands; the nearest table around it where it is left out.
    pub fn place_of(&self, field: &str) -> Option<Place> {
        let (path, text) = &**self.0.as_ref()?;
        let line = start_of(text, field).map(|at| 1 + text[..at].matches('\n').count());
        Some(Place { path: path.clone(), line })
    }
}

/// Where in a text the key or the entry of a list begins that a dotted name leads to, as far as it leads.
fn start_of(text: &str, field: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut found = None;
    let mut table = Some(document.get_ref());
    for step in field.split('.') {
        let (name, entry) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((name, entry)) => (name, entry.parse::<usize>().ok()),
            None => (step, None),
        };
        let Some((key, value)) = table.and_then(|table| table.iter().find(|(key, _)| key.get_ref() == name)) else { break };
        let entry = entry.and_then(|entry| value.get_ref().as_array()?.get(entry));
        found = Some(entry.map_or(key.span().start, |entry| entry.span().start));
        table = match entry.unwrap_or(value).get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_every_way_of_writing_it() {
        let text = "# Rain.\n[cop]\nheight-m = 1.8\nhair.tone = 0.1\n\n[cop.face]\nlips = 2.0\n[story]\nreversals-at = [\n  1.0,\n  2.0,\n]\n\
                    [kid]\nancestry = { asian = -1.0 }\n[[opening.performers]]\nname = \"\"\n";
        let origin = Origin::new(Path::new("t.toml"), text.into());
        for (field, line) in [
            ("cop.height-m", Some(3)),
            ("cop.hair.tone", Some(4)),
            ("cop.face.lips", Some(7)),
            ("story.reversals-at[1]", Some(11)),
            ("kid.ancestry.asian", Some(14)),
            ("kid.ancestry", Some(14)),
            ("opening.performers[0].name", Some(16)),
            // Left out, so the table around it.
            ("kid.mass-kg", Some(13)),
            ("light.wet", None),
        ] {
            assert_eq!(origin.place_of(field), Some(Place { path: "t.toml".into(), line }), "{field}");
        }
        assert_eq!(Origin::default().place_of("cop"), None);
    }
}
