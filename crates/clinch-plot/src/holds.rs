//! The holds that the program carries.

use crate::Error;
use clinch_model::{Hold, Level};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../assets/holds/", $name, ".toml")))),*]
    };
}

/// Name and text of every hold's file, in the order in which they are offered everywhere.
const FILES: &[(&str, &str)] = files![
    "collar-clinch",
    "lean",
    "bear-hug",
    "wrist-drag",
    "waist-hold",
    "apart-panting",
    "kneeling-clinch",
    "kneeling-headlock",
    "mount-pin",
    "side-pin",
    "side-by-side",
];

/// All holds, checked: names are unique and known, ranges hold, nobody gets from their feet to the ground or back but over the knees,
/// and every hold can be reached from every other.
///
/// # Errors
/// [`Error::Hold`] naming the file and what is wrong in it.
pub fn holds() -> Result<Vec<Hold>, Error> {
    let mut holds = Vec::with_capacity(FILES.len());
    for (name, text) in FILES {
        let hold: Hold = toml::from_str(text).map_err(|error| wrong(name, error.to_string()))?;
        if hold.name != *name {
            return Err(wrong(name, format!("`name` is `{}`: it must be the file's, `{name}`", hold.name)));
        }
        holds.push(hold);
    }
    check(&holds)?;
    Ok(holds)
}

fn wrong(name: &str, reason: String) -> Error {
    Error::Hold { file: format!("{name}.toml"), reason }
}

/// Checks a set of holds against each other.
pub(crate) fn check(holds: &[Hold]) -> Result<(), Error> {
    for (i, hold) in holds.iter().enumerate() {
        if holds[..i].iter().any(|earlier| earlier.name == hold.name) {
            return Err(wrong(&hold.name, "there are two holds of this name".into()));
        }
        check_ranges(hold)?;
        check_next(hold, holds)?;
    }
    for hold in holds {
        let reached = reach(holds, hold);
        if let Some(lost) = holds.iter().find(|other| !reached.contains(&other.name.as_str())) {
            return Err(wrong(&hold.name, format!("`{}` can't be reached from here over any `next`", lost.name)));
        }
    }
    Ok(())
}

fn check_ranges(hold: &Hold) -> Result<(), Error> {
    let [least, most] = hold.effort;
    // The bounds on time and speed are what exhausted people can do: slower than a walk, never slower than three breaths.
    let faults = [
        (!(0.0..=1.0).contains(&hold.leverage), "`leverage` must be from 0 to 1"),
        (!(0.0 <= least && least < most && most <= 1.0), "`effort` must be two rising numbers from 0 to 1"),
        (!(0.3..=5.0).contains(&hold.enter_secs), "`enter-secs` must be from 0.3 to 5"),
        (!(-1.0..=1.0).contains(&hold.travel_m_per_sec), "`travel-m-per-sec` must be from -1 to 1"),
    ];
    match faults.iter().find(|(fault, _)| *fault) {
        Some((_, reason)) => Err(wrong(&hold.name, (*reason).into())),
        None => Ok(()),
    }
}

fn check_next(hold: &Hold, holds: &[Hold]) -> Result<(), Error> {
    for next in &hold.next {
        let Some(other) = holds.iter().find(|other| other.name == *next) else {
            return Err(wrong(&hold.name, format!("`next` names `{next}`, which is no hold")));
        };
        if other.name == hold.name {
            return Err(wrong(&hold.name, "`next` names the hold itself: a phrase keeps a hold, two never do".into()));
        }
        if rank(hold.level).abs_diff(rank(other.level)) > 1 {
            return Err(wrong(&hold.name, format!("`next` names `{next}`: from standing to the ground and back only over the knees")));
        }
    }
    Ok(())
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Standing => 0,
        Level::Kneeling => 1,
        Level::Ground => 2,
    }
}

fn reach<'a>(holds: &'a [Hold], from: &'a Hold) -> Vec<&'a str> {
    let mut reached = vec![from.name.as_str()];
    let mut seen = 0;
    while seen < reached.len() {
        let here = holds.iter().find(|hold| hold.name == reached[seen]);
        for next in here.into_iter().flat_map(|hold| &hold.next) {
            if !reached.contains(&next.as_str()) {
                reached.push(next);
            }
        }
        seen += 1;
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::HoldKind;

    #[test]
    fn the_carried_holds_are_sound_and_cover_what_the_film_needs() {
        let holds = holds().unwrap();
        let count = |test: &dyn Fn(&Hold) -> bool| holds.iter().filter(|hold| test(hold)).count();
        for level in [Level::Standing, Level::Kneeling, Level::Ground] {
            assert!(count(&|hold| hold.level == level) >= 2, "{level:?}");
        }
        assert!(count(&|hold| hold.kind == HoldKind::Drag) >= 1);
        assert!(count(&|hold| hold.kind == HoldKind::Rest) >= 1);
    }

    #[test]
    fn wrong_holds_are_refused_by_name() {
        let sound = holds().unwrap();
        let spoilt = |spoil: &dyn Fn(&mut Vec<Hold>)| {
            let mut holds = sound.clone();
            spoil(&mut holds);
            check(&holds).unwrap_err().to_string()
        };
        assert!(spoilt(&|holds| holds[0].next.push("hug".into())).contains("`hug`"));
        assert!(spoilt(&|holds| holds[0].next.push("mount-pin".into())).contains("over the knees"));
        assert!(spoilt(&|holds| holds[0].effort = [0.8, 0.2]).contains("effort"));
        assert!(spoilt(&|holds| holds.push(holds[0].clone())).contains("two holds"));
        let cut_off = |holds: &mut Vec<Hold>| holds.iter_mut().for_each(|hold| hold.next.retain(|next| next != "mount-pin"));
        assert!(spoilt(&cut_off).contains("can't be reached"));
    }
}
