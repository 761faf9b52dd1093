//! The holds that the program carries, and those that a treatment brings.

use crate::{Error, HoldFile};
use clinch_model::{Contact, ContactKind, Hold, HoldKind, Level, Posture, Target, Who};

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
    "headlock",
    "palm-in-face",
    "elbow-shove",
    "shove-apart",
    "stagger-and-catch",
    "pull-up",
    "ankle-grab",
    "crawl-away",
    "turtle",
    "sit-and-kneel",
    "back-to-back",
];

const OVER_THE_KNEES: &str = "from standing to the ground and back only over the knees";

/// All holds, checked: names are unique and known, ranges hold, nobody gets from their feet to the ground or back but over the knees,
/// and every hold can be reached from every other.
///
/// # Errors
/// [`Error::Hold`] naming the file and what is wrong in it.
pub fn holds() -> Result<Vec<Hold>, Error> {
    holds_with(&[])
}

/// The program's holds and more, checked like those. Holds whose files don't know a new one are followed by it where it says so in `after`, or
/// else where it says that it is followed by them.
///
/// # Errors
/// [`Error::Hold`] naming the file and what is wrong in it.
pub fn holds_with(more: &[HoldFile]) -> Result<Vec<Hold>, Error> {
    let mut holds = Vec::with_capacity(FILES.len() + more.len());
    for (name, text) in FILES {
        holds.push(read(&format!("{name}.toml"), text)?);
    }
    let carried = holds.len();
    for HoldFile { file, text } in more {
        holds.push(read(file, text)?);
    }
    let files: Vec<String> =
        (FILES.iter().map(|(name, _)| format!("{name}.toml"))).chain(more.iter().map(|own| own.file.clone())).collect();
    for new in carried..holds.len() {
        follow(&mut holds, new).map_err(|reason| wrong(&files[new], reason))?;
    }
    check(&holds, &files)?;
    Ok(holds)
}

/// Makes a new hold one that may follow others.
fn follow(holds: &mut [Hold], new: usize) -> Result<(), String> {
    let Hold { name, level, next, after, .. } = holds[new].clone();
    for before in after.unwrap_or(next) {
        let Some(before) = holds.iter_mut().find(|hold| hold.name == before) else {
            return Err(format!("`next` or `after` names `{before}`, which is no hold"));
        };
        if rank(before.level).abs_diff(rank(level)) > 1 {
            return Err(format!("`next` or `after` names `{}`: {OVER_THE_KNEES}", before.name));
        }
        if before.name != name && !before.next.contains(&name) {
            before.next.push(name.clone());
        }
    }
    Ok(())
}

/// Reads a hold whose name is its file's.
fn read(file: &str, text: &str) -> Result<Hold, Error> {
    let hold = Hold::parse(text).map_err(|reason| wrong(file, reason))?;
    let stem = std::path::Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    if hold.name != stem {
        return Err(wrong(file, format!("`name` is `{}`: it must be the file's, `{stem}`", hold.name)));
    }
    Ok(hold)
}

fn wrong(file: &str, reason: String) -> Error {
    Error::Hold { file: file.into(), reason }
}

/// Checks a set of holds, each from a file, against each other.
fn check(holds: &[Hold], files: &[String]) -> Result<(), Error> {
    for (i, (hold, file)) in holds.iter().zip(files).enumerate() {
        if let Some(earlier) = holds[..i].iter().position(|earlier| earlier.name == hold.name) {
            let reason =
                format!("there are two holds of the `name` `{}`, the other one in {}: give this one another", hold.name, files[earlier]);
            return Err(wrong(file, reason));
        }
        check_ranges(hold)
            .and_then(|()| check_contacts(hold))
            .and_then(|()| check_next(hold, holds))
            .map_err(|reason| wrong(file, reason))?;
    }
    for (hold, file) in holds.iter().zip(files) {
        let reached = reach(holds, hold);
        if let Some(lost) = holds.iter().position(|other| !reached.contains(&other.name.as_str())) {
            return Err(wrong(
                &files[lost],
                format!("`{}` can't be reached from `{}` ({file}) over any `next`", holds[lost].name, hold.name),
            ));
        }
    }
    Ok(())
}

fn check_ranges(hold: &Hold) -> Result<(), String> {
    let [least, most] = hold.effort;
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // The bounds on time and speed are what exhausted people can do: slower than a walk, never slower than three breaths.
    let faults = [
        (hold.name.is_empty() || !hold.name.chars().all(kebab), "`name` must be lower-case words with `-` between them"),
        (!(0.0..=1.0).contains(&hold.leverage), "`leverage` must be from 0 to 1"),
        (!(0.0 <= least && least < most && most <= 1.0), "`effort` must be two rising numbers from 0 to 1"),
        (!(0.3..=5.0).contains(&hold.enter_secs), "`enter-secs` must be from 0.3 to 5"),
        (!(-1.0..=1.0).contains(&hold.travel_m_per_sec), "`travel-m-per-sec` must be from -1 to 1"),
        (hold.next.is_empty(), "`next` must name at least one hold that may follow"),
    ];
    if let Some((_, reason)) = faults.iter().find(|(fault, _)| *fault) {
        return Err((*reason).into());
    }
    check_posture("leader", &hold.leader)?;
    check_posture("follower", &hold.follower)
}

fn check_posture(role: &str, posture: &Posture) -> Result<(), String> {
    let pelvis = posture.pelvis;
    // Nobody's pelvis is above standing height, and two people who touch are within arms' reach of their middle.
    if !((0.0..=1.1).contains(&pelvis.y) && pelvis.x.abs() <= 1.5 && pelvis.z.abs() <= 1.5) {
        return Err(format!("`{role}.pelvis` is {pelvis}: x and z must be from -1.5 to 1.5 m, y from 0 to 1.1 standing heights"));
    }
    match posture.turns.iter().find(|(_, turn)| !turn.abs().cmple(glam::Vec3::splat(360.0)).all()) {
        Some((segment, turn)) => Err(format!("`{role}.turns` of {segment:?} is {turn}: three angles from -360 to 360 degrees are wanted")),
        None => Ok(()),
    }
}

fn check_contacts(hold: &Hold) -> Result<(), String> {
    for (i, contact) in hold.contacts.iter().enumerate() {
        let fault = |what: &str| Err(format!("`contacts[{i}]`: {what}"));
        let Contact { part, kind, on, at, .. } = *contact;
        // The longest segment, a thigh, has half a metre.
        if at.is_nan() || at.abs().max_element() > 0.6 {
            return fault("`at` must be within 0.6 m of the touched segment's joint");
        }
        let hand = matches!(part, clinch_model::Segment::HandL | clinch_model::Segment::HandR);
        match (kind, on) {
            (ContactKind::Grip, _) if !hand => return fault("only a hand can `grip`"),
            (ContactKind::Grip, Target::Ground) => return fault("a hand can't `grip` the ground; `plant` it"),
            (ContactKind::Plant, Target::Other(_) | Target::Own(_)) => return fault("only the ground can be planted on; `lean` on people"),
            (_, Target::Own(other)) if other == part => return fault("a part can't touch itself"),
            _ => {}
        }
    }
    Ok(())
}

fn check_next(hold: &Hold, holds: &[Hold]) -> Result<(), String> {
    for next in &hold.next {
        let Some(other) = holds.iter().find(|other| other.name == *next) else {
            return Err(format!("`next` names `{next}`, which is no hold"));
        };
        if other.name == hold.name {
            return Err("`next` names the hold itself: a phrase keeps a hold, two never do".into());
        }
        if rank(hold.level).abs_diff(rank(other.level)) > 1 || (flies(hold, other, false) && flies(hold, other, true)) {
            return Err(format!("`next` names `{next}`: {OVER_THE_KNEES}"));
        }
    }
    Ok(())
}

/// Whether somebody would have to get from their feet to the ground, or back, in one move: holds that fit each other while the same person leads
/// may not when the lead changes, and the other way round.
pub(crate) fn flies(from: &Hold, to: &Hold, changes: bool) -> bool {
    let roles = [
        (&from.leader, if changes { &to.follower } else { &to.leader }),
        (&from.follower, if changes { &to.leader } else { &to.follower }),
    ];
    roles.into_iter().any(|(before, after)| height(before).abs_diff(height(after)) > 1)
}

/// Whether bodies can get from a hold into another when the lead changes or doesn't: nobody gets up two heights in one move, and on the ground the
/// one who lies can't come out on top in one: that takes a rest or getting to the knees.
pub(crate) fn can_follow(from: &Hold, to: &Hold, changes: bool) -> bool {
    let pinned = |hold: &Hold| hold.level == Level::Ground && hold.kind == HoldKind::Struggle;
    from.next.contains(&to.name) && !flies(from, to, changes) && !(changes && pinned(from) && pinned(to))
}

/// A hold and who leads it.
pub type Led<'a> = (&'a Hold, Who);

/// Every move that a story may make between these holds, in their order.
pub fn moves(holds: &[Hold]) -> Vec<(Led<'_>, Led<'_>)> {
    let led = || holds.iter().flat_map(|hold| Who::BOTH.map(|leader| (hold, leader)));
    let pairs = led().flat_map(|from| led().map(move |to| (from, to)));
    pairs.filter(|(from, to)| can_follow(from.0, to.0, from.1 != to.1)).collect()
}

/// How high a person is: 0 on the feet, 1 on the knees, 2 sitting or lying. In standing heights of the pelvis, upright knees are at 0.5, a
/// deep bend of both knees at 0.75, and whoever sits or lies is under 0.3.
fn height(posture: &Posture) -> u8 {
    match posture.pelvis.y {
        y if y >= 0.7 => 0,
        y if y >= 0.33 => 1,
        _ => 2,
    }
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

    fn own(text: &str) -> Result<Vec<Hold>, Error> {
        holds_with(&[HoldFile { file: "films/my-lean.toml".into(), text: text.into() }])
    }

    /// The carried hold `lean` under another name.
    fn my_lean() -> String {
        FILES.iter().find(|(name, _)| *name == "lean").unwrap().1.replace("name = \"lean\"", "name = \"my-lean\"")
    }

    #[test]
    fn a_hold_of_ones_own_comes_after_those_it_names() {
        let holds = own(&my_lean()).unwrap();
        let follows = |before: &str| holds.iter().find(|hold| hold.name == before).unwrap().next.contains(&"my-lean".into());
        // `lean` leads to the wrist-drag, so that may lead to it; to the bear-hug it doesn't.
        assert!(follows("wrist-drag") && !follows("bear-hug"));
        let holds = own(&my_lean().replace("enter-secs", "after = [\"bear-hug\"]\nenter-secs")).unwrap();
        let follows = |before: &str| holds.iter().find(|hold| hold.name == before).unwrap().next.contains(&"my-lean".into());
        assert!(!follows("wrist-drag") && follows("bear-hug"));
    }

    #[test]
    fn the_hold_that_the_guide_shows_is_a_sound_one() {
        let guide = include_str!("../../../docs/holds.md");
        let text = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let holds = holds_with(&[HoldFile { file: "face-held.toml".into(), text: text.into() }]).unwrap();
        assert_eq!(holds.last().unwrap().name, "face-held");
    }

    #[test]
    fn a_wrong_hold_of_ones_own_is_refused_with_its_file_and_field() {
        let lean = my_lean();
        for (from, to, words) in [
            ("name = \"my-lean\"", "name = \"hug\"", "`my-lean`"),
            ("leverage = 0.15", "leverage = 1.5", "`leverage`"),
            ("leverage = 0.15", "leverag = 1.5", "perhaps `leverage`"),
            ("effort = [0.0, 0.45]", "effort = [0.5]", "`effort`"),
            ("level = \"standing\"", "level = \"ground\"", "over the knees"),
            ("\"wrist-drag\"", "\"wrist-drug\"", "`wrist-drug`"),
            ("enter-secs = 2.0", "enter-secs = 14", "`enter-secs`"),
            ("enter-secs = 2.0", "after = [\"tango\"]\nenter-secs = 2.0", "`tango`"),
            ("enter-secs = 2.0", "after = []\nenter-secs = 2.0", "can't be reached"),
            ("kind = \"grip\"", "kind = \"plant\"", "`contacts["),
            ("part = \"hand-l\"\nkind = \"grip\"", "part = \"head\"\nkind = \"grip\"", "only a hand can `grip`"),
        ] {
            assert!(lean.contains(from), "{from}");
            let said = own(&lean.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(said.contains("films/my-lean.toml") && said.contains(words), "{from} → {to}: {said}");
        }
    }

    #[test]
    fn wrong_holds_are_refused_by_name() {
        let sound = holds().unwrap();
        let spoilt = |spoil: &dyn Fn(&mut Vec<Hold>)| {
            let mut holds = sound.clone();
            spoil(&mut holds);
            let files: Vec<String> = holds.iter().map(|hold| format!("{}.toml", hold.name)).collect();
            check(&holds, &files).unwrap_err().to_string()
        };
        assert!(spoilt(&|holds| holds[0].next.push("hug".into())).contains("`hug`"));
        assert!(spoilt(&|holds| holds[0].next.push("mount-pin".into())).contains("over the knees"));
        assert!(spoilt(&|holds| holds[0].effort = [0.8, 0.2]).contains("effort"));
        assert!(spoilt(&|holds| holds.push(holds[0].clone())).contains("two holds"));
        let cut_off = |holds: &mut Vec<Hold>| holds.iter_mut().for_each(|hold| hold.next.retain(|next| next != "mount-pin"));
        assert!(spoilt(&cut_off).contains("can't be reached"));
    }
}
