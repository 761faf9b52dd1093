//! The valence of English words in a line, by VADER's lexicon and rules (Hutto and Gilbert, ICWSM 2014).

use std::sync::OnceLock;

/// Words and valences, sorted by word; `assets/words/README.md` tells where they come from.
const WORDS: &str = include_str!("../../../../assets/words/vader.tsv");

/// What a word before adds or takes (Hutto and Gilbert's mean for degree modifiers), how much less from two and three words away, and what
/// capitals add.
const DEGREE: f64 = 0.293;
const FADING: [f64; 3] = [1.0, 0.95, 0.9];
const CAPITALS: f64 = 0.733;
/// What a negation within three words turns a valence into.
const NEGATED: f64 = -0.74;
/// What an exclamation mark adds, up to four.
const EXCLAMATION: f64 = 0.292;
/// Sum of valences that is half-way to the most, squared.
const HALF_WAY: f64 = 15.0;

const MORE: &[&str] = &[
    "absolutely",
    "all",
    "completely",
    "deeply",
    "entirely",
    "ever",
    "extremely",
    "fucking",
    "fuckin",
    "fully",
    "goddamn",
    "hella",
    "highly",
    "more",
    "most",
    "really",
    "so",
    "such",
    "too",
    "totally",
    "utterly",
    "very",
];
const LESS: &[&str] = &["almost", "barely", "hardly", "kinda", "less", "little", "partly", "scarcely", "slightly", "somewhat", "sorta"];
const NOT: &[&str] = &[
    "ain't", "aint", "cannot", "cant", "dont", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "nowhere", "wont",
    "without", "despite", "rarely", "seldom",
];

/// What a line's words say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Wording {
    /// All together, −1..1.
    pub(super) valence: f64,
    /// The strongest single word, −4..4 and a little beyond.
    pub(super) strongest: f64,
    /// Share of the words in capitals, where there are others in the line or it has three words.
    pub(super) capitals: f64,
    /// Exclamation marks, up to four.
    pub(super) exclamations: f64,
}

/// Weighs a line.
pub(super) fn weigh(line: &str) -> Wording {
    let words: Vec<&str> = words_of(line).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase().replace('\u{2019}', "'")).collect();
    let is_loud = |word: &str| word.chars().count() > 1 && word.chars().any(char::is_alphabetic) && !word.chars().any(char::is_lowercase);
    let loud = words.iter().filter(|word| is_loud(word)).count();
    let capitals = if words.len() >= 3 || loud < words.len() { loud as f64 / words.len().max(1) as f64 } else { 0.0 };
    let but = lower.iter().position(|word| word == "but");
    let (mut sum, mut strongest) = (0.0, 0.0_f64);
    for (i, word) in lower.iter().enumerate() {
        let Some(mut valence) = valence(word) else { continue };
        if is_loud(words[i]) && loud < words.len() {
            valence += CAPITALS * valence.signum();
        }
        valence = in_context(valence, &lower, i);
        valence *= but.map_or(1.0, |but| if i < but { 0.5 } else { 1.5 });
        sum += valence;
        if valence.abs() > strongest.abs() {
            strongest = valence;
        }
    }
    let exclamations = line.matches('!').count().min(4) as f64;
    sum += exclamations * EXCLAMATION * if sum == 0.0 { 0.0 } else { sum.signum() };
    Wording { valence: sum / (sum * sum + HALF_WAY).sqrt(), strongest, capitals, exclamations }
}

/// A word's valence with what the three words before it do to it.
fn in_context(mut valence: f64, lower: &[String], i: usize) -> f64 {
    for (fading, before) in FADING.iter().zip(lower[..i].iter().rev()) {
        let is = |list: &[&str]| list.contains(&before.as_str());
        if is(MORE) {
            valence += DEGREE * fading * valence.signum();
        } else if is(LESS) {
            valence -= DEGREE * fading * valence.signum();
        } else if is(NOT) || before.ends_with("n't") {
            valence *= NEGATED;
        }
    }
    valence
}

/// Words of a line without the punctuation round them.
pub(super) fn words_of(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "—–/…".contains(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}

/// Valence of a lower-case word, −4..4; also of forms that song texts write with a dropped g.
fn valence(word: &str) -> Option<f64> {
    static TABLE: OnceLock<Vec<(&str, f64)>> = OnceLock::new();
    let table = TABLE
        .get_or_init(|| WORDS.lines().filter_map(|line| line.split_once('\t')).filter_map(|(w, v)| Some((w, v.parse().ok()?))).collect());
    let find = |word: &str| table.binary_search_by(|(other, _)| (*other).cmp(word)).ok().map(|i| table[i].1);
    let whole = || word.strip_suffix("in'").or(word.strip_suffix("in")).and_then(|stem| find(&format!("{stem}ing")));
    find(word).or_else(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        let words: Vec<&str> = WORDS.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert!(words.len() > 7000 && words.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn rules_do_what_vader_says() {
        let valence = |line: &str| weigh(line).valence;
        assert!(valence("I hate you") < -0.5 && valence("I love you") > 0.5);
        assert!(valence("I don't hate you") > 0.0 && valence("you never loved me") < 0.0);
        assert!(valence("I hate you!!!") < valence("I hate you"));
        assert!(valence("I really hate you") < valence("I hate you") && valence("I HATE you") < valence("I hate you"));
        assert!(valence("I loved you but you hurt me") < 0.0);
        assert!(weigh("the killin' floor").strongest < -3.0);
        assert_eq!(weigh(""), Wording::default());
        assert_eq!(weigh("the street at night").valence, 0.0);
        // What the original gives: "VADER is smart, handsome, and funny." is 0.8316.
        assert!((valence("VADER is smart, handsome, and funny.") - 0.8316).abs() < 1e-3);
    }
}
