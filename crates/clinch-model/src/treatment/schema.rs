//! The treatment as a JSON Schema, for editors that complete and check TOML by one.

use super::{FACE_DETAILS, Treatment};
use schemars::{
    Schema, SchemaGenerator,
    generate::SchemaSettings,
    json_schema,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 7, which TOML editors read) of a treatment: every key with what it means, its range and its default; others are
/// refused.
///
/// It says what a schema can: a mass that goes with a height, a hold that exists and a file that is there, only [`Treatment::check`] and the
/// stages know.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft07().with_transform(WithoutNull);
    let mut schema = settings.into_generator().into_root_schema_for::<Treatment>();
    schema.insert("title".into(), "clinch treatment".into());
    schema.to_value()
}

/// TOML has no null: what may be left out is never that.
#[derive(Debug, Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(ways)) = object.get_mut("anyOf") {
            ways.retain(|way| way != &json!({"type": "null"}));
        }
        if object.get("default") == Some(&Value::Null) {
            object.remove("default");
        }
        if let Some(Value::Object(defaults)) = object.get_mut("default") {
            defaults.retain(|_, value| !value.is_null());
        }
    }
}

/// A number 0..1, or a word for one of its ends.
pub(super) fn sex(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "number", "minimum": 0.0, "maximum": 1.0}, {"enum": ["female", "male"]}]})
}

/// Every detail of the face by its name, −1..1.
pub(super) fn face(_: &mut SchemaGenerator) -> Schema {
    let of = |detail: &super::FaceDetail| {
        let meaning = format!("From -1 ({}) to 1 ({}); 0 is the average.", detail.less, detail.more);
        (detail.name.to_owned(), json!({"type": "number", "minimum": -1.0, "maximum": 1.0, "description": meaning}))
    };
    let details: Map<String, Value> = FACE_DETAILS.iter().map(of).collect();
    json_schema!({"type": "object", "properties": details, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the schema says is wrong with a treatment: place and message of every fault.
    fn faults(text: &str) -> Vec<(String, String)> {
        let treatment: toml::Value = toml::from_str(text).unwrap();
        let treatment = serde_json::to_value(treatment).unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        validator.iter_errors(&treatment).map(|error| (error.instance_path().to_string(), error.to_string())).collect()
    }

    /// Every number with a range: the keys that lead to it and the range.
    fn ranges(schema: &Value) -> Vec<(Vec<String>, [f64; 2])> {
        fn walk(root: &Value, at: &Value, path: &[String], found: &mut Vec<(Vec<String>, [f64; 2])>) {
            let named = at["$ref"].as_str().or(at["allOf"][0]["$ref"].as_str()).or(at["anyOf"][0]["$ref"].as_str());
            if let Some(name) = named {
                walk(root, root.pointer(name.trim_start_matches('#')).unwrap(), path, found);
            }
            if let (Some(least), Some(most)) = (at["minimum"].as_f64(), at["maximum"].as_f64()) {
                found.push((path.to_vec(), [least, most]));
            }
            for (key, below) in at["properties"].as_object().into_iter().flatten() {
                walk(root, below, &[path, std::slice::from_ref(key)].concat(), found);
            }
            for below in at["anyOf"].as_array().into_iter().flatten().filter(|way| way["$ref"].is_null()) {
                walk(root, below, path, found);
            }
            if at["items"].is_object() {
                walk(root, &at["items"], &[path, &["0".into()]].concat(), found);
            }
        }
        let mut found = Vec::new();
        walk(schema, schema, &[], &mut found);
        found
    }

    /// A treatment with one number set.
    fn with(path: &[String], number: f64) -> String {
        let (last, tables) = path.split_last().unwrap();
        // An ancestry of zeros alone is refused for another reason.
        let beside = if tables.last().is_some_and(|table| table == "ancestry") {
            ["african", "asian"].into_iter().filter(|name| name != last).map(|name| format!("{name} = 1.0\n")).collect()
        } else {
            String::new()
        };
        match last.as_str() {
            "0" => {
                let (key, tables) = tables.split_last().unwrap();
                format!("[{}]\n{key} = [{number:?}]\n", tables.join("."))
            }
            key => format!("[{}]\n{key} = {number:?}\n{beside}", tables.join(".")),
        }
    }

    #[test]
    fn the_defaults_and_a_whole_treatment_are_valid() {
        assert_eq!(faults(""), []);
        let whole = toml::to_string(&Treatment::default()).unwrap();
        assert_eq!(faults(&whole), [], "{whole}");
    }

    #[test]
    fn wrong_treatments_are_refused_where_they_are_wrong() {
        for (text, place, said) in [
            ("titel = \"a\"", "", "titel"),
            ("seed = -1", "/seed", "minimum"),
            ("[story]\nfatigue = 0.1", "/story/fatigue", "0.5"),
            ("[story]\nreversals-at = [3.0, -1.0]", "/story/reversals-at/1", "0"),
            ("[story]\nopens-with = \"dog\"", "/story/opens-with", "dog"),
            ("[kid]\nage-years = 12", "/kid/age-years", "16"),
            ("[kid.hair]\nstyle = \"mohawk\"", "/kid/hair/style", "mohawk"),
            ("[cop.face]\nnose-widht = 0.1", "/cop/face", "nose-widht"),
            ("[cop]\nsex = \"both\"", "/cop/sex", "both"),
            // An ancestry may be left out, so it is refused as a whole.
            ("[cop.ancestry]\nasian = \"some\"", "/cop/ancestry", "some"),
            ("[picture]\nsize = \"big\"", "/picture/size", "big"),
            ("[light]\naccent = \"blue\"", "/light/accent", "blue"),
            ("[opening]\nperformers = [{ portrait = \"a.png\" }]", "/opening/performers/0", "name"),
            ("[lyrics]\nshow = \"syllable\"", "/lyrics/show", "syllable"),
            ("[type]\nfaces = \"a.ttf\"", "/type", "faces"),
        ] {
            let found = faults(text);
            assert!(found.iter().any(|(at, message)| at == place && message.contains(said)), "{text}: {found:?}");
        }
    }

    #[test]
    fn every_range_is_the_programs_own() {
        let ranges = ranges(&schema());
        // 16 numbers and the ancestry a person, sex and all details of the face, and those of the story, the light and the picture.
        assert_eq!(ranges.len(), 2 * (16 + 3 + 1 + FACE_DETAILS.len()) + 4 + 7 + 1);
        for (path, [least, most]) in ranges {
            for (number, is_right) in [(least, true), (most, true), (least - 1e-6, false), (most + 1e-6, false)] {
                let text = with(&path, number);
                let taken = Treatment::parse(&text).unwrap().check();
                assert_eq!(taken.is_ok(), is_right, "{text}{taken:?}");
                assert_eq!(faults(&text).is_empty(), is_right, "{text}");
            }
        }
    }

    #[test]
    fn every_key_says_what_it_means() {
        fn walk(at: &Value, path: &str, silent: &mut Vec<String>) {
            for (key, below) in at["properties"].as_object().into_iter().flatten() {
                let path = format!("{path}.{key}");
                if below["description"].as_str().is_none_or(str::is_empty) {
                    silent.push(path.clone());
                }
                walk(below, &path, silent);
            }
        }
        let (schema, mut silent) = (schema(), Vec::new());
        walk(&schema, "", &mut silent);
        for (name, definition) in schema["definitions"].as_object().unwrap() {
            walk(definition, name, &mut silent);
        }
        assert!(silent.is_empty(), "{silent:?}");
    }
}
