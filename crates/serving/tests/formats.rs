//! Files of earlier formats are read, and their models give the same scores.

mod common;

use std::fs;
use std::path::Path;

use common::{folder, impressions, map, parts, with_metadata};
use dien_model::Registry;
use dien_serving::encoding::hash_integer;
use dien_serving::model_file::{self, Description, FORMAT, ModelFile};
use dien_serving::{ErrorKind, Ranker, Request};
use serde_json::{Value, json};

/// The formats before the current one; the README says what made the files.
fn earlier() -> std::ops::Range<u32> {
    0..FORMAT
}

#[test]
fn every_format_gives_the_scores_that_it_gave() {
    for (format, name) in earlier().flat_map(|format| [(format, "behaviours"), (format, "impressions")]) {
        let file = |end: &str| folder(format).join(format!("{name}.{end}"));
        let asked: Value = serde_json::from_slice(&fs::read(file("json")).unwrap()).unwrap();
        let request = Request::from_json(&asked["request"].to_string()).unwrap();
        let bytes = fs::read(file("safetensors")).unwrap();
        let rankers = [
            Ranker::load(file("safetensors")).unwrap(),
            map(&file("safetensors")).unwrap(),
            Ranker::from_bytes(&bytes).unwrap(),
            Ranker::from_reader(fs::File::open(file("safetensors")).unwrap()).unwrap(),
        ];
        let bits = |ranker: &Ranker| ranker.rank(&request).unwrap().logits;
        for ranker in &rankers {
            assert_eq!(bits(ranker), bits(&rankers[0]), "{format}, {name}: however the file was read");
            let answer = ranker.rank(&request).unwrap();
            assert_eq!(answer.unknown as u64, asked["answer"]["unknown"].as_u64().unwrap());
            let expected = asked["answer"]["scores"].as_array().unwrap();
            assert_eq!(answer.probabilities().len(), expected.len());
            for (found, expected) in answer.probabilities().into_iter().zip(expected) {
                let expected = expected.as_f64().unwrap();
                assert!((found - expected).abs() <= 1e-6, "{format}, {name}: {found}; expected {expected}");
            }
        }
    }
}

/// The metadata of a model file.
fn metadata(bytes: &[u8]) -> Value {
    let header: Value = serde_json::from_str(parts(bytes).0).unwrap();
    serde_json::from_str(header["__metadata__"]["dien"].as_str().unwrap()).unwrap()
}

/// The file of a model that was read, as it is written today.
fn rewritten(path: &Path) -> Vec<u8> {
    let step = metadata(&fs::read(path).unwrap())["step"].as_u64().unwrap();
    let file = ModelFile::load(path).unwrap();
    let (_, params) = file.params.clone().build(&Registry::new(), &file.model, &file.features).unwrap();
    let description = Description::new(&file.model, &file.features, &file.max_history, &file.vocabularies)
        .with_numbers(&file.numbers)
        .with_items(file.items.as_ref());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    model_file::stage(&path, &params, step, &description).unwrap().commit().unwrap();
    fs::read(path).unwrap()
}

/// What is written is of the current format, with its words, and the same whichever format it was read from.
#[test]
fn what_is_written_is_of_the_current_format() {
    for name in ["behaviours", "impressions"] {
        let file = |format| folder(format).join(format!("{name}.safetensors"));
        let bytes = rewritten(&file(0));
        assert!(earlier().all(|format| rewritten(&file(format)) == bytes), "{name}");
        // One model, whatever its file left to a default or calls by other words: its users' states stay.
        let fingerprint = Ranker::from_bytes(&bytes).unwrap().fingerprint();
        assert!(earlier().all(|format| Ranker::load(file(format)).unwrap().fingerprint() == fingerprint));
        let (new, first) = (metadata(&bytes), metadata(&fs::read(file(1)).unwrap()));
        assert_eq!((&new["format"], &first["format"]), (&Value::from(FORMAT), &Value::from(1)));
        let (new, first) = (&new["serving"]["model"], &first["serving"]["model"]);
        assert_eq!((&new["embedding_l2"], new.get("l2_rows")), (&first["l2_rows"], None));
        assert_eq!((first["l2_rows"].as_f64(), first.get("embedding_l2")), (Some(0.0), None));
    }
}

/// Every score is calibrated as the file says, and what it says is checked.
#[test]
fn a_calibration_is_applied_and_checked() {
    let bytes = fs::read(folder(3).join("behaviours.safetensors")).unwrap();
    let asked: Value = serde_json::from_slice(&fs::read(folder(3).join("behaviours.json")).unwrap()).unwrap();
    let request = Request::from_json(&asked["request"].to_string()).unwrap();
    let with = |calibration: Value| {
        Ranker::from_bytes(&with_metadata(&bytes, |metadata| {
            metadata["format"] = 4.into();
            metadata["serving"]["calibration"] = calibration;
        }))
    };
    let raw = Ranker::from_bytes(&bytes).unwrap().rank(&request).unwrap().logits;
    let platt = json!({"map": {"platt": {"scale": 0.5, "shift": -1.0}}, "negative_sampling_rate": 0.25});
    let ranker = with(platt).unwrap();
    let found = ranker.rank(&request).unwrap().logits;
    assert!(!raw.is_empty() && raw.len() == found.len());
    for (x, y) in raw.iter().zip(&found) {
        let expected = 0.5 * f64::from(*x) - 1.0 + 0.25_f64.ln();
        assert!((f64::from(*y) - expected).abs() <= 1e-6, "{x}: {y}");
    }
    let file = ModelFile::from_bytes(&bytes).unwrap();
    let (_, params) = file.params.clone().build(&Registry::new(), &file.model, &file.features).unwrap();
    let description = Description::new(&file.model, &file.features, &file.max_history, &file.vocabularies)
        .with_items(file.items.as_ref())
        .with_calibration(Some(ranker.calibration()));
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("model.safetensors");
    model_file::stage(&path, &params, 1, &description).unwrap().commit().unwrap();
    assert_eq!(metadata(&fs::read(&path).unwrap())["format"], Value::from(FORMAT));
    assert_eq!(Ranker::load(&path).unwrap().rank(&request).unwrap().logits, found);
    for (wrong, expected) in [
        (json!({"negative_sampling_rate": 0.0}), "`negative_sampling_rate`: 0; expected a number above 0"),
        (
            json!({"map": {"isotonic": {"logits": [0.0], "probabilities": []}}}),
            "1 logits and 0 probabilities",
        ),
        (
            json!({"map": {"isotonic": {"logits": [0.0, 1.0], "probabilities": [0.5, 0.4]}}}),
            "2 logits and 2 probabilities, or some in disorder",
        ),
        (json!({"map": {"isotonic": {"logits": [0.0], "probabilities": [1.0]}}}), "between 0 and 1"),
        (json!({"map": {"beta": {}}}), "unknown value `beta`"),
    ] {
        let message = with(wrong).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// Of hours that are hashed: a number is one id, however a request writes it, where the file gives it a type.
#[test]
fn a_value_is_one_id_where_a_file_has_types() {
    let before = Ranker::from_bytes(&impressions()).unwrap();
    let typed = with_metadata(&impressions(), |metadata| {
        metadata["format"] = FORMAT.into();
        metadata["serving"]["id_types"] = json!({"hour": "integer", "item": "text"});
    });
    let typed = Ranker::from_bytes(&typed).unwrap();
    let ids = u64::from(typed.vocabulary("hour").unwrap().hashed_ids().unwrap());
    assert_eq!(u64::from(typed.encode("hour", "103").unwrap()), 1 + hash_integer(103) % ids);
    assert_eq!(typed.encode("item", " i1 ").unwrap(), before.encode("item", "i1").unwrap());
    let rank = |ranker: &Ranker, hour: Value| {
        let candidate = json!({"item": "i2", "category": "c2"});
        let context = json!({"hour": hour, "price": 12.5});
        let request = json!({"history": [candidate], "candidates": [candidate], "context": context});
        ranker.rank(&Request::from_json(&request.to_string()).unwrap()).map(|scores| scores.logits)
    };
    let expected = rank(&typed, json!(7)).unwrap();
    for hour in [json!("7"), json!(7.0), json!("7.0"), json!(" +7")] {
        assert_eq!(rank(&typed, hour.clone()).unwrap(), expected, "{hour}");
        // A text is another id than the number's digits where there is no type.
        let (untyped, seven) = (rank(&before, hour.clone()), rank(&before, json!(7)).unwrap());
        match hour {
            Value::String(text) => assert_eq!(untyped.unwrap() == seven, text == "7", "{text}"),
            _ => assert_eq!(untyped.unwrap_err().kind(), ErrorKind::WrongType),
        }
    }
    assert_eq!(rank(&typed, json!(true)).unwrap(), rank(&typed, json!(1)).unwrap());
    let request = json!({"history": [], "candidates": [{"item": true, "category": "c2"}]});
    let message = typed.rank(&Request::from_json(&request.to_string()).unwrap()).unwrap_err().to_string();
    assert!(message.contains("`candidates[0].item`: found true"), "{message}");
}
