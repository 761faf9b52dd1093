//! Every key that a treatment may have, as its schema lists them, changes what it says it changes.

mod common;

use clinch_cast::PersonSpec;
use clinch_model::{Story, Treatment, Who};
use common::{SMALL, hang_drop, make, place, succeed};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Dotted names of all keys, with what the schema says of each.
fn keys() -> Vec<(String, Value)> {
    let schema: Value = serde_json::from_str(&succeed(Path::new("."), &["treatment", "--schema"])).unwrap();
    let mut keys = Vec::new();
    collect(&schema, &schema, String::new(), &mut keys);
    keys
}

fn collect(schema: &Value, node: &Value, name: String, keys: &mut Vec<(String, Value)>) {
    let named = |node: &Value| node["$ref"].as_str().map(|path| schema["definitions"][path.rsplit('/').next().unwrap()].clone());
    // A default or a description stands beside a reference in `allOf`, what may be left out in `anyOf`.
    let inner =
        ["allOf", "anyOf"].iter().find_map(|kind| node[*kind].as_array().filter(|ways| ways.len() == 1).map(|ways| ways[0].clone()));
    if let Some(node) = named(node).or(inner) {
        return collect(schema, &node, name, keys);
    }
    match node["properties"].as_object() {
        Some(properties) => {
            let within = |key: &String| if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            properties.iter().for_each(|(key, node)| collect(schema, node, within(key), keys));
        }
        None => keys.push((name, node.clone())),
    }
}

/// A treatment of TOML lines `a.b.c = value`.
fn treatment(lines: &str) -> Treatment {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("treatment.toml");
    std::fs::write(&path, lines).unwrap();
    Treatment::read(&path).unwrap()
}

#[test]
fn every_key_of_a_person_is_told_to_that_person_only() {
    /// What isn't a number between two ends, and where some way would change nothing.
    const SPECIAL: [(&str, &str); 7] = [
        ("preset", "\"worker\""),
        ("hair.style", "\"curls\""),
        ("dress", "\"shirt\""),
        ("ancestry.african", "1.0\nNAME.ancestry.asian = 1.0"),
        ("ancestry.asian", "1.0\nNAME.ancestry.european = 1.0"),
        ("ancestry.european", "1.0\nNAME.ancestry.african = 1.0"),
        ("sex", "\"female\""),
    ];
    let specs = |treatment: &Treatment| Who::BOTH.map(|who| PersonSpec::of(who, treatment).unwrap());
    let usual = specs(&Treatment::default());
    let mut tried = 0;
    for (key, schema) in keys() {
        let Some((who, own)) = Who::BOTH.into_iter().find_map(|who| {
            let name = who.to_string().to_lowercase();
            key.strip_prefix(&format!("{name}.")).map(|own| (who, own.to_owned()))
        }) else {
            continue;
        };
        tried += 1;
        let name = who.to_string().to_lowercase();
        let value =
            SPECIAL.iter().find(|(special, _)| *special == own).map(|(_, value)| value.replace("NAME", &name)).unwrap_or_else(|| {
                let end =
                    |which: &str| schema[which].as_f64().unwrap_or_else(|| panic!("`{key}` has no {which} and no value of its own here"));
                format!("{:.3}", end("minimum") + 0.37 * (end("maximum") - end("minimum")))
            });
        let changed = specs(&treatment(&format!("{key} = {value}\n")));
        assert!(changed[who.index()] != usual[who.index()], "{key} = {value} changes nothing");
        assert!(changed[who.other().index()] == usual[who.other().index()], "{key} = {value} changes the other");
    }
    assert!(tried > 2 * 40, "{tried} keys");
}

const HOLD: &str = r#"
name = "brow-to-brow"
meaning = "They lean brow to brow, too tired to go on."
level = "standing"
kind = "rest"
leverage = 0.1
effort = [0.0, 0.4]
next = ["collar-clinch", "lean", "apart-panting"]
enter-secs = 1.2
[leader]
pelvis = [0.0, 0.96, -0.32]
[leader.turns]
chest = [14, 0, 0]
[follower]
pelvis = [0.0, 0.96, 0.32]
[follower.turns]
pelvis = [0, 180, 0]
"#;

#[test]
fn every_other_key_changes_the_story_the_picture_or_what_lies_beside_it() {
    /// What a key is set to besides other lines, and where it shows: in the story, in a stretch of the film (seconds), or in a file beside it.
    enum Shows {
        Story,
        Film([&'static str; 2]),
        Beside(&'static str),
    }
    use Shows::{Beside, Film, Story as Plot};
    const OPENING: Shows = Film(["0.5", "4.5"]);
    const STRUGGLE: Shows = Film(["8", "8.25"]);
    const WORDS: Shows = Film(["9", "9.25"]);
    let place = place();
    let at = |name: &str| place.path().join(name);
    std::fs::write(at("song.lrc"), "[00:08.50]hold on\n[00:12.50]nobody wins\n[00:16.00]\n").unwrap();
    std::fs::write(at("brow-to-brow.toml"), HOLD).unwrap();
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../clinch-titles/tests/data/NotoSansHebrew-Medium.ttf"), at("face.ttf")).unwrap();
    make(place.path(), "film", &["--from", "8", "--to", "8.25", "--lyrics", "song.lrc"]);
    // Whether the shove draws blood, and before the camera, is the struggle's own affair.
    hang_drop(place.path(), 97, 0.03);
    let story = |treatment: &str| {
        std::fs::write(at("treatment.toml"), treatment).unwrap();
        let args = ["plot", "film.mp4", "--treatment", "treatment.toml"];
        succeed(place.path(), &args);
        clinch_model::file::load::<Story>(&at("film.clinch/story.json")).unwrap().data
    };
    let first = story("");
    let used = &first.phrases[1].hold;
    let words = "lyrics.show = \"line\"\n";
    let table: Vec<(&str, String, String, Shows)> = [
        ("title", "\"Neither\"", "", OPENING),
        ("seed", "5", "", Plot),
        ("story.reversals-at", "[10.0]", "", Plot),
        ("story.shove-at", "19.0", "", Plot),
        ("story.recognitions-at", "[9.0]", "", Plot),
        ("story.holds", "[\"brow-to-brow.toml\"]", "", Plot),
        ("story.opens-with", "\"kid\"", "", Plot),
        ("story.fatigue", "0.8", "", Plot),
        ("light.set", "\"void\"", "", STRUGGLE),
        ("light.time", "\"dusk\"", "", STRUGGLE),
        ("light.key", "0.5", "", STRUGGLE),
        ("light.sides", "2.0", "", STRUGGLE),
        ("light.fill", "2.0", "", STRUGGLE),
        ("light.mist", "3.0", "", STRUGGLE),
        ("light.wet", "0.0", "", STRUGGLE),
        ("light.follow", "0.0", "", STRUGGLE),
        ("light.weave", "2.0", "", STRUGGLE),
        ("picture.size", "\"80x46\"", "", STRUGGLE),
        ("picture.fps", "\"10\"", "", STRUGGLE),
        ("picture.grain", "0.0", "", STRUGGLE),
        ("opening.show", "false", "", OPENING),
        ("opening.title", "\"Neither\"", "", OPENING),
        ("opening.by", "\"Somebody\"", "", OPENING),
        ("opening.performers", "[{ name = \"Ana\" }]", "", OPENING),
        ("lyrics.show", "\"word\"", "", WORDS),
        ("lyrics.subtitles", "true", "", Beside("film.srt")),
        ("type.face", "\"face.ttf\"", words, WORDS),
    ]
    .map(|(key, value, more, shows)| (key, value.to_owned(), more.to_owned(), shows))
    .into_iter()
    .chain([
        ("story.forbid-holds", format!("[{used:?}]"), String::new(), Plot),
        ("light.accent", "\"red\"".to_owned(), String::new(), STRUGGLE),
    ])
    .collect();
    let listed: BTreeSet<String> =
        keys().into_iter().map(|(key, _)| key).filter(|key| !key.starts_with("cop.") && !key.starts_with("kid.")).collect();
    assert_eq!(listed, table.iter().map(|row| row.0.to_owned()).collect(), "a key without a test, or a test without a key");

    let film = |treatment: &str, [from, to]: [&str; 2], size: &[&str]| {
        std::fs::write(at("treatment.toml"), treatment).unwrap();
        let part =
            ["make", "song.wav", "-o", "film.mp4", "--from", from, "--to", to, "--treatment", "treatment.toml", "--lyrics", "song.lrc"];
        succeed(place.path(), &[&part[..], size, &SMALL[4..]].concat());
        std::fs::read(at("film.mp4")).unwrap()
    };
    // What a stretch looks like before a key is set, by the lines that stand there anyway.
    let mut firsts: BTreeMap<(String, [&str; 2]), Vec<u8>> = BTreeMap::new();
    for (key, value, more, shows) in &table {
        let changed = format!("{more}{key} = {value}\n");
        match shows {
            Plot => assert!(story(&changed) != first, "{changed} leaves the story as it is"),
            Film(part) => {
                // What the treatment says of the picture counts where the command says nothing.
                let size: &[&str] = if key.starts_with("picture.") { &[] } else { &SMALL[..4] };
                let usual = "picture.size = \"64x36\"\npicture.fps = \"12\"\n";
                let usual = if key.starts_with("picture.") { usual } else { "" };
                let without = usual.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect::<String>();
                let before = format!("{usual}{more}");
                let first = firsts.entry((before.clone(), *part)).or_insert_with(|| film(&before, *part, size));
                assert!(*first != film(&format!("{without}{changed}"), *part, size), "{changed} leaves the film as it is");
            }
            Beside(name) => {
                assert!(!at(name).exists());
                film(&changed, ["8", "8.25"], &SMALL[..4]);
                assert!(at(name).exists(), "{changed} writes no {name}");
            }
        }
    }
}
