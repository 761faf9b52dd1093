//! Which shape targets a named detail of the face stands for.

/// `[row]`: name as in [`clinch_model::treatment::FACE_DETAILS`], target at +1 and target at −1. A name with several rows moves all of
/// them by the same amount.
///
/// Targets are MakeHuman's files as `folder/name`. One that comes as a left and a right file (`l-…`, `r-…`) stands here under the name
/// without the prefix, for both.
pub const DETAILS: &[(&str, &str, &str)] = &[
    ("head-width", "head/head-scale-horiz-incr", "head/head-scale-horiz-decr"),
    ("head-height", "head/head-scale-vert-incr", "head/head-scale-vert-decr"),
    ("head-depth", "head/head-scale-depth-incr", "head/head-scale-depth-decr"),
    ("head-flesh", "head/head-fat-incr", "head/head-fat-decr"),
    ("forehead-height", "forehead/forehead-scale-vert-incr", "forehead/forehead-scale-vert-decr"),
    ("forehead-slope", "forehead/forehead-trans-forward", "forehead/forehead-trans-backward"),
    ("temples", "forehead/forehead-temple-incr", "forehead/forehead-temple-decr"),
    ("brow-height", "eyebrows/eyebrows-trans-up", "eyebrows/eyebrows-trans-down"),
    ("brow-ridge", "eyebrows/eyebrows-trans-forward", "eyebrows/eyebrows-trans-backward"),
    ("brow-slant", "eyebrows/eyebrows-angle-down", "eyebrows/eyebrows-angle-up"),
    ("eye-size", "eyes/eye-scale-incr", "eyes/eye-scale-decr"),
    ("eye-opening", "eyes/eye-height2-incr", "eyes/eye-height2-decr"),
    ("eye-distance", "eyes/eye-trans-out", "eyes/eye-trans-in"),
    ("eye-slant", "eyes/eye-corner2-up", "eyes/eye-corner2-down"),
    ("eye-fold", "eyes/eye-epicanthus-out", "eyes/eye-epicanthus-in"),
    ("eye-lids", "eyes/eye-eyefold-up", "eyes/eye-eyefold-down"),
    ("eye-bags", "eyes/eye-bag-incr", "eyes/eye-bag-decr"),
    ("nose-length", "nose/nose-scale-vert-incr", "nose/nose-scale-vert-decr"),
    ("nose-width", "nose/nose-scale-horiz-incr", "nose/nose-scale-horiz-decr"),
    ("nose-bridge", "nose/nose-greek-incr", "nose/nose-greek-decr"),
    ("nose-depth", "nose/nose-scale-depth-incr", "nose/nose-scale-depth-decr"),
    ("nose-hump", "nose/nose-hump-incr", "nose/nose-hump-decr"),
    ("nose-tip", "nose/nose-point-up", "nose/nose-point-down"),
    ("nose-tip-width", "nose/nose-point-width-incr", "nose/nose-point-width-decr"),
    ("nostrils", "nose/nose-nostrils-width-incr", "nose/nose-nostrils-width-decr"),
    ("cheekbones", "cheek/cheek-bones-incr", "cheek/cheek-bones-decr"),
    ("cheeks", "cheek/cheek-volume-incr", "cheek/cheek-volume-decr"),
    ("cheek-hollow", "cheek/cheek-inner-incr", "cheek/cheek-inner-decr"),
    ("laugh-lines", "mouth/mouth-laugh-lines-out", "mouth/mouth-laugh-lines-in"),
    ("mouth-width", "mouth/mouth-scale-horiz-incr", "mouth/mouth-scale-horiz-decr"),
    ("mouth-height", "mouth/mouth-trans-up", "mouth/mouth-trans-down"),
    ("mouth-corners", "mouth/mouth-angles-up", "mouth/mouth-angles-down"),
    ("lips", "mouth/mouth-upperlip-volume-incr", "mouth/mouth-upperlip-volume-decr"),
    ("lips", "mouth/mouth-lowerlip-volume-incr", "mouth/mouth-lowerlip-volume-decr"),
    ("cupids-bow", "mouth/mouth-cupidsbow-incr", "mouth/mouth-cupidsbow-decr"),
    ("chin-length", "chin/chin-height-incr", "chin/chin-height-decr"),
    ("chin-width", "chin/chin-width-incr", "chin/chin-width-decr"),
    ("chin-forward", "chin/chin-prominent-incr", "chin/chin-prominent-decr"),
    ("chin-cleft", "chin/chin-cleft-incr", "chin/chin-cleft-decr"),
    ("jaw-width", "chin/chin-bones-incr", "chin/chin-bones-decr"),
    ("jaw-drop", "chin/chin-jaw-drop-incr", "chin/chin-jaw-drop-decr"),
    ("jaw-forward", "chin/chin-prognathism-incr", "chin/chin-prognathism-decr"),
    ("double-chin", "neck/neck-double-incr", "neck/neck-double-decr"),
    ("ears", "ears/ear-scale-incr", "ears/ear-scale-decr"),
    ("ears-out", "ears/ear-wing-incr", "ears/ear-wing-decr"),
    ("ear-lobes", "ears/ear-lobe-incr", "ears/ear-lobe-decr"),
    ("neck-width", "neck/neck-scale-horiz-incr", "neck/neck-scale-horiz-decr"),
    ("neck-width", "neck/neck-scale-depth-incr", "neck/neck-scale-depth-decr"),
    ("neck-length", "neck/neck-scale-vert-incr", "neck/neck-scale-vert-decr"),
];

/// Share of the targets that a detail is driven to at ±1, 0..1. Modelling targets are made to be overdone; what is asked for stays a face that
/// one may meet, as far as was seen on pictures of every detail at both ends.
pub fn reach(name: &str) -> f32 {
    match name {
        "head-width" | "head-height" | "brow-slant" => 0.35,
        "head-depth" | "brow-ridge" | "chin-length" | "chin-width" => 0.4,
        "nose-tip" | "mouth-height" | "mouth-corners" => 0.5,
        "eye-fold" | "eye-distance" | "nose-width" | "nose-length" | "cheekbones" | "cheeks" | "chin-forward" => 0.6,
        "eye-size" | "nose-depth" | "nose-bridge" | "mouth-width" | "laugh-lines" | "ears" => 0.7,
        "head-flesh" | "lips" | "jaw-width" | "neck-length" => 0.8,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::treatment::FACE_DETAILS;
    use std::collections::BTreeSet;

    #[test]
    fn every_detail_that_can_be_asked_for_has_targets_and_no_other() {
        let known: BTreeSet<_> = FACE_DETAILS.iter().map(|detail| detail.name).collect();
        assert_eq!(known.len(), FACE_DETAILS.len(), "a name stands twice");
        assert_eq!(known, DETAILS.iter().map(|row| row.0).collect());
        assert!(known.iter().all(|name| (0.3..=1.0).contains(&reach(name))));
        assert_eq!(known.iter().filter(|name| crate::age::loss(name, 85.0) != 0.0).count(), crate::age::LOSSES.len());
        assert!(known.iter().all(|name| crate::age::loss(name, 52.0) == 0.0));
    }

    #[test]
    fn no_target_is_used_twice_and_each_has_a_folder() {
        let targets: Vec<_> = DETAILS.iter().flat_map(|row| [row.1, row.2]).collect();
        assert_eq!(targets.iter().collect::<BTreeSet<_>>().len(), targets.len());
        assert!(targets.iter().all(|target| target.split('/').count() == 2));
    }
}
