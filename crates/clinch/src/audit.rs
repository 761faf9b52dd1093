//! The film's rules with what was measured.

mod meshes;

use crate::folder::Folder;
use anyhow::Result;
use clinch_deliver::Flashes;
use clinch_model::{Bound, Cast, Cut, Finding, Performance, Score, Secs, Shot, ShotSize, Story, Who};
use clinch_perform::{CueKind, cues, touching_by_phrase};
use serde::Serialize;
use std::{fmt::Write, path::Path};

/// One row of the audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The stage that measured it.
    pub stage: &'static str,
    /// What was measured against which rule.
    #[serde(flatten)]
    pub finding: Finding,
    /// Whether the rule holds.
    pub holds: bool,
}

/// Every rule of the film in a working folder; with `deep` also those on the people's surfaces, which take by far the longest.
///
/// # Errors
/// Where the film hasn't got as far as being shot.
pub fn audit(folder: &Folder, deep: bool) -> Result<Vec<Row>> {
    let story = folder.existing::<Story>()?.data;
    let performance = folder.existing::<Performance>()?.data;
    let cast = folder.existing::<Cast>()?.data;
    let measured = clinch_perform::measures(&performance, &story, &cast, &folder.existing::<Score>()?.data);
    let surfaces = if deep { meshes::findings(&performance, &cast) } else { Vec::new() };
    let shot = folder.existing::<Cut>()?.data.findings;
    let delivered = flash_findings(&Folder::film_of(folder.root()))?;
    let rows = |stage, findings: Vec<Finding>| findings.into_iter().map(move |f| Row { stage, holds: f.holds(), finding: f });
    let performed = [performance.findings, measured, surfaces].into_iter().flat_map(|findings| rows("perform", findings));
    let filmed = rows("shoot", shot).chain(rows("deliver", delivered));
    Ok(rows("plot", clinch_plot::findings(&story)).chain(performed).chain(filmed).collect())
}

/// The rules on flashes (ITU-R BT.1702-3), measured on the film as it was delivered; none where it isn't there.
///
/// # Errors
/// Where the file under the film's name is no film of this program.
pub fn flash_findings(film: &Path) -> Result<Vec<Finding>> {
    if !film.is_file() {
        return Ok(Vec::new());
    }
    let Flashes { most_a_second, at, area } = clinch_deliver::flashes(film)?;
    let when = if most_a_second > 0 { format!(" The second ends at {at}.") } else { String::new() };
    Ok(vec![
        Finding {
            name: "flashes, most in a second".into(),
            meaning: format!(
                "Most pairs of opposing changes of luminance by 20 cd/m² or more, the darker below 160 cd/m², over more than a quarter of the \
                 screen within any second of the delivered film (ITU-R BT.1702-3; display of 200 cd/m², gamma 2.2).{when}"
            ),
            measured: f64::from(most_a_second),
            unit: "1/s".into(),
            bound: Bound::AtMost(f64::from(clinch_deliver::MOST_A_SECOND)),
        },
        Finding {
            name: "flashing more often, area".into(),
            meaning: "Greatest share of the screen whose own cells flash more than three times within the same second.".into(),
            measured: area,
            unit: "share".into(),
            bound: Bound::AtMost(Flashes::MOST_AREA),
        },
    ])
}

/// What there is to say of flashes in a film that was just made; none where it is safe.
///
/// # Errors
/// As [`flash_findings`].
pub fn flash_warning(film: &Path) -> Result<Option<String>> {
    let broken = flash_findings(film)?.into_iter().find(|finding| !finding.holds());
    Ok(broken.map(|finding| {
        let (name, value, meaning) = (&finding.name, number(finding.measured), &finding.meaning);
        format!("{}: may harm photosensitive viewers: {name} {value} ({}). {meaning}", film.display(), asked(finding.bound))
    }))
}

/// The rows as a table, a rule a row.
pub fn table(rows: &[Row]) -> String {
    let name_width = rows.iter().map(|row| row.finding.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let finding = &row.finding;
        let verdict = match (finding.bound, row.holds) {
            (Bound::Reported, _) => "reported",
            (_, true) => "holds",
            (_, false) => "FALLS SHORT",
        };
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{:<8} {:<name_width$}  {:>10} {:<10} {:<18} {verdict}",
            row.stage,
            finding.name,
            number(finding.measured),
            finding.unit,
            asked(finding.bound),
        );
    }
    let short = rows.iter().filter(|row| !row.holds).count();
    let _ = writeln!(text, "{} rules, {} hold, {short} fall short", rows.len(), rows.len() - short);
    text
}

/// How every phrase went: how far its hold was missed, and where help from outside was spent.
///
/// # Errors
/// Where the struggle hasn't been performed.
pub fn phrases(folder: &Folder) -> Result<String> {
    let performance = folder.existing::<Performance>()?.data;
    let name_width = performance.phrases.iter().map(|phrase| phrase.hold.chars().count()).max().unwrap_or(0);
    let mut text =
        String::from("phrase by phrase: begin, hold, leader; joints beside the hold; assist and single pulls over body weight\n");
    for phrase in &performance.phrases {
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{:>7.1} s  {:<name_width$}  {}  {:>4.0} mm {}  {:.2}  {:.2}",
            phrase.from.0,
            phrase.hold,
            phrase.leader,
            phrase.miss_m * 1e3,
            if phrase.reached { "reached" } else { "MISSED " },
            phrase.assist_share,
            phrase.pulls_share,
        );
    }
    Ok(text)
}

/// Every accent and reversal with how late it is in the motion, and touching phrase by phrase.
///
/// # Errors
/// Where the struggle hasn't been performed.
pub fn timing_and_touching(folder: &Folder) -> Result<String> {
    let story = folder.existing::<Story>()?.data;
    let performance = folder.existing::<Performance>()?.data;
    let cast = folder.existing::<Cast>()?.data;
    let mut text = String::from("cue by cue: when it is planned, what, whose; how much later it is in the motion\n");
    for cue in cues(&performance, &story, &cast) {
        let kind = match cue.kind {
            CueKind::Accent(kind) => format!("{kind:?}").to_lowercase(),
            CueKind::Elbow => "elbow".into(),
            CueKind::Reversal => "reversal".into(),
        };
        let late = cue.late_frames().map_or("not seen".into(), |late| format!("{late:+.1} frames"));
        // Writing to a string can't fail.
        let _ = writeln!(text, "{:>7.2} s  {kind:<8}  {}  {late}", cue.planned.0, cue.who);
    }
    text.push_str("\nphrase by phrase: touching that the hold explains, contacts of the hold that are there\n");
    for (phrase, touching) in story.phrases.iter().zip(touching_by_phrase(&performance, &story, &cast)) {
        let (precision, recall) = (touching.precision(), touching.recall());
        let _ = writeln!(text, "{:>7.1} s  {:<18}  {}  {precision:.2}  {recall:.2}", phrase.start.0, phrase.hold, phrase.leader);
    }
    Ok(text)
}

/// How the film is framed and cut: a row a framing, then a row a section of the song.
///
/// # Errors
/// Where the film hasn't been shot.
pub fn shots(folder: &Folder) -> Result<String> {
    let (cut, score) = (folder.existing::<Cut>()?.data, folder.existing::<Score>()?.data);
    Ok(framings(&cut) + &sections(&cut, &score))
}

/// Number, share of the film and lengths of some shots.
fn lengths(shots: &[&Shot], cut: &Cut) -> String {
    let secs: Vec<f64> = shots.iter().map(|shot| (shot.end_frame - shot.first_frame) as f64 * cut.rate.frame_secs()).collect();
    if secs.is_empty() {
        return "   0 shots".into();
    }
    let (sum, frames) = (secs.iter().sum::<f64>(), cut.frames as f64 * cut.rate.frame_secs());
    let (least, most) = secs.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), &v| (least.min(v), most.max(v)));
    let (count, share, mean) = (secs.len(), 100.0 * sum / frames, sum / secs.len() as f64);
    format!("{count:>4} shots  {sum:>6.1} s  {share:>3.0} %  lengths {least:>4.1} to {most:>4.1} s, mean {mean:>4.1} s")
}

fn framings(cut: &Cut) -> String {
    let mut text = String::from("framing by framing: shots, time, share of the film, lengths\n");
    for size in ShotSize::ALL {
        let subjects: &[Option<Who>] = if size.has_subject() { &[Some(Who::Cop), Some(Who::Kid)] } else { &[None] };
        for &subject in subjects {
            let shots: Vec<&Shot> = cut.shots.iter().filter(|shot| shot.size == size && shot.subject == subject).collect();
            let whom = subject.map_or("both".into(), |who| who.to_string());
            // Writing to a string can't fail.
            let _ = writeln!(text, "  {:<13}{whom:<5}{}", format!("{size:?}").to_lowercase(), lengths(&shots, cut));
        }
    }
    text
}

fn sections(cut: &Cut, score: &Score) -> String {
    let mut text = String::from("section by section: loudness, shots whose middle lies in it\n");
    for (number, section) in score.sections.iter().enumerate() {
        let bars = &score.bars[section.first_bar..section.end_bar];
        let loudness = bars.iter().map(|bar| bar.loudness.0 * (bar.end - bar.start).0).sum::<f64>();
        let secs = bars.iter().map(|bar| (bar.end - bar.start).0).sum::<f64>().max(1e-9);
        let within = |shot: &&Shot| {
            let middle = Secs((cut.rate.start_of(shot.first_frame).0 + cut.rate.start_of(shot.end_frame).0) / 2.0);
            score.bars[score.bar_at(middle)].section == number
        };
        let shots: Vec<&Shot> = cut.shots.iter().filter(within).collect();
        let _ = writeln!(
            text,
            "  {:<4} from {:>6.1} s  {:>6.1} LUFS  {}",
            section.label,
            bars[0].start.0,
            loudness / secs,
            lengths(&shots, cut)
        );
    }
    text
}

fn asked(bound: Bound) -> String {
    match bound {
        Bound::AtMost(most) => format!("at most {}", number(most)),
        Bound::AtLeast(least) => format!("at least {}", number(least)),
        Bound::Between(least, most) => format!("{} to {}", number(least), number(most)),
        Bound::Reported => "—".into(),
    }
}

/// Four digits that matter, no trailing zeros.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "not measured".into();
    }
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_falls_short_is_said_loudly() {
        let finding =
            |measured| Finding { name: "skate".into(), meaning: String::new(), measured, unit: "mm".into(), bound: Bound::AtMost(5.7) };
        let rows: Vec<Row> = [5.0, 6.0].map(|v| Row { stage: "perform", holds: finding(v).holds(), finding: finding(v) }).into();
        let text = table(&rows);
        assert!(text.contains("FALLS SHORT") && text.contains("2 rules, 1 hold, 1 fall short"), "{text}");
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.0, 0.12345, 5.7, 12.34, 472.0].map(number);
        assert_eq!(all, ["0", "0.1235", "5.7", "12.3", "472"]);
    }
}
