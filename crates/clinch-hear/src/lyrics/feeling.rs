//! What a line feels like: its mood by wording, and how hard it is said by wording and delivery.

use super::lexicon::{self, Wording};
use crate::mood::ramp;
use clinch_model::{Curve, Lufs, LyricLine, Secs};

/// Share of the commonest English words from which a text is taken for English: they make nearly half of any English text.
const ENGLISH_SHARE: f64 = 0.2;
/// Those of the commonest English words that are rare in other languages written in Latin letters.
const COMMON: &[&str] = &[
    "the", "and", "you", "of", "to", "it", "that", "is", "my", "your", "i", "i'm", "we", "they", "with", "for", "don't", "can't", "won't",
    "what", "this", "are", "be", "have", "all", "but", "not", "when", "like", "up", "down", "know", "never", "go", "let", "us", "get",
    "got", "out", "on", "at", "who", "how",
];
/// Syllables a second at which delivery adds nothing, and all it can: slow singing, and fast rap.
const SLOW_HZ: f64 = 2.0;
const FAST_HZ: f64 = 6.5;
/// Slowest singing that a line's length is believed for: below, the line's end is only where the next one begins.
const SLOWEST_HZ: f64 = 1.5;

/// Adds mood and strength by wording alone; nothing where the lyrics aren't English.
pub(crate) fn worded(mut lines: Vec<LyricLine>) -> Vec<LyricLine> {
    let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
    if !is_english(&text) {
        return lines;
    }
    for line in &mut lines {
        let wording = lexicon::weigh(&line.text);
        line.valence = Some(rounded(wording.valence));
        line.strength = rounded(hardness(wording));
    }
    lines
}

/// Adds delivery as it is heard in the song; it is all of a line's strength where its wording isn't weighed.
pub(crate) fn delivered(lines: &mut [LyricLine], aggression: &Curve, loudness: &Curve, song: Lufs) {
    for line in lines.iter_mut().filter(|line| !line.guessed) {
        let (from, to) = spoken(line);
        let rate_hz = f64::from(syllables(&line.text)) / (to.0 - from.0).max(0.1);
        let louder_lu = f64::from(loudness.mean(from, to)) - song.0;
        let shouted = 0.7 * f64::from(aggression.mean(from, to)) + 0.3 * ramp(louder_lu, -6.0, 3.0);
        let delivery = 0.3 * ramp(rate_hz, SLOW_HZ, FAST_HZ) + 0.7 * shouted;
        line.strength = rounded(if line.valence.is_some() { together(line.strength, delivery) } else { delivery });
    }
}

/// Wording and delivery together: the stronger counts about twice as much, because plain words can be shouted, and hard ones said softly.
fn together(wording: f64, delivery: f64) -> f64 {
    0.65 * wording.max(delivery) + 0.35 * wording.min(delivery)
}

/// When a line is really sung: as its words say, or as long as it can take.
fn spoken(line: &LyricLine) -> (Secs, Secs) {
    if let (Some(first), Some(last)) = (line.words.first(), line.words.last()) {
        return (first.start, last.end);
    }
    let longest_secs = f64::from(syllables(&line.text)).max(1.0) / SLOWEST_HZ;
    (line.start, Secs(line.end.0.min(line.start.0 + longest_secs)))
}

/// How hard words are, 0..1: what hurts counts in full, what is tender half; capitals and exclamation marks are shouting.
fn hardness(wording: Wording) -> f64 {
    let half = |value: f64| if value > 0.0 { 0.5 * value } else { -value };
    let said = 0.5 * half(wording.valence) + 0.5 * ramp(half(wording.strongest), 0.5, 3.2);
    (said + 0.35 * wording.capitals + 0.1 * wording.exclamations).clamp(0.0, 1.0)
}

/// Whether a text is English: by its commonest words, or by its letters (trigrams) where they say so surely.
fn is_english(text: &str) -> bool {
    let words: Vec<String> = lexicon::words_of(text).map(|word| word.to_lowercase().replace('\u{2019}', "'")).collect();
    let common = words.iter().filter(|word| COMMON.contains(&word.as_str())).count();
    if common as f64 >= ENGLISH_SHARE * words.len() as f64 && common > 0 {
        return true;
    }
    whatlang::detect(text).is_some_and(|found| found.lang() == whatlang::Lang::Eng && found.is_reliable())
}

/// Syllables of a line: groups of vowels, less the mute e of English. A letter of a script without vowels is one.
pub(crate) fn syllables(line: &str) -> u32 {
    lexicon::words_of(line).map(syllables_of_word).sum()
}

fn syllables_of_word(word: &str) -> u32 {
    let word = word.to_lowercase();
    let is_vowel = |c: char| "aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿаеёиоуыэюяαεηιουωάέήίόύώ".contains(c);
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.iter().any(|&c| c as u32 > 0x2E80) {
        return letters.len() as u32;
    }
    let groups = letters.iter().enumerate().filter(|&(i, &c)| is_vowel(c) && (i == 0 || !is_vowel(letters[i - 1]))).count() as u32;
    let ends = |ending: &str| word.ends_with(ending);
    let consonant_before = |from_end: usize| letters.len() > from_end && !is_vowel(letters[letters.len() - from_end - 1]);
    // "close", "names" and "held" aren't two; "little" is, and so are "houses" and "wanted".
    let mute = (ends("e") && consonant_before(1) && !(ends("le") && consonant_before(2)))
        || (ends("es") && consonant_before(2) && !["ses", "zes", "xes", "ches", "shes", "ges", "ces"].iter().any(|e| ends(e)))
        || (ends("ed") && consonant_before(2) && !ends("ted") && !ends("ded"));
    groups.saturating_sub(u32::from(mute && groups > 1)).max(1)
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_they_are_sung() {
        for (line, count) in [
            ("Three days down and my hands won't close", 8),
            ("Neither of us gets up", 6),
            ("Are you breathing?", 4),
            ("a little broken bottle", 7),
            ("wanted, loved and wasted", 6),
            ("Für dich, mein Herz", 4),
            ("息をしている", 6),
            ("...", 0),
        ] {
            assert_eq!(syllables(line), count, "{line}");
        }
    }

    fn lines(texts: &[&str]) -> Vec<LyricLine> {
        let line = |(i, text): (usize, &&str)| LyricLine {
            start: Secs(i as f64 * 4.0),
            end: Secs(i as f64 * 4.0 + 4.0),
            text: (*text).into(),
            ..LyricLine::default()
        };
        worded(texts.iter().enumerate().map(line).collect())
    }

    #[test]
    fn hard_words_are_strong_and_other_languages_are_left_alone() {
        let english = lines(&["Get the fuck off me, I hate you!", "I held your hand until the morning", "Are you breathing?"]);
        assert!(english[0].strength > 0.7 && english[1].strength < 0.3 && english[2].strength < 0.3, "{english:?}");
        assert!(english[0].valence.unwrap() < -0.5);
        for text in
            ["Ich hasse dich und den Tod in dieser Nacht", "Je te déteste, la mort est une fête", "Te odio, la muerte es un error total"]
        {
            assert_eq!((lines(&[text])[0].valence, lines(&[text])[0].strength), (None, 0.0), "{text}");
        }
    }

    #[test]
    fn the_same_words_are_stronger_shouted_and_fast() {
        let curve = |values: &[f32]| Curve { hop_secs: 4.0, values: values.to_vec() };
        let mut said = lines(&["You won't let go of me", "You won't let go of me"]);
        delivered(&mut said, &curve(&[0.1, 0.9, 0.9]), &curve(&[-30.0, -10.0, -10.0]), Lufs(-14.0));
        assert!(said[1].strength > said[0].strength + 0.2, "{said:?}");
        let mut fast = lines(&["You won't let go of me"]);
        fast[0].end = Secs(1.0);
        let mut slow = lines(&["You won't let go of me"]);
        for line in [&mut fast, &mut slow] {
            delivered(line, &curve(&[0.5, 0.5]), &curve(&[-14.0, -14.0]), Lufs(-14.0));
        }
        assert!(fast[0].strength > slow[0].strength + 0.05);
    }
}
