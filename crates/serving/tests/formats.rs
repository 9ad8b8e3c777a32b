//! Files of earlier formats are read, and their models give the same scores.

#![allow(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use dien_model::Registry;
use dien_serving::model_file::{self, Description, FORMAT, ModelFile};
use dien_serving::{Ranker, Request, Result};
use serde_json::Value;

/// Maps a file that nobody writes to.
fn map(path: &Path) -> Result<Ranker> {
    // SAFETY: the files of the repository do not change while tests run, and a test writes to its own only
    // when what was mapped of it is gone.
    unsafe { Ranker::map(path) }
}

fn folder(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/format-{format}"))
}

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

/// The header of a model file, and the tensors.
fn parts(bytes: &[u8]) -> (&str, &[u8]) {
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let (header, tensors) = bytes[8..].split_at(len);
    (std::str::from_utf8(header).unwrap(), tensors)
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
        let (new, first) = (metadata(&bytes), metadata(&fs::read(file(1)).unwrap()));
        assert_eq!((&new["format"], &first["format"]), (&Value::from(FORMAT), &Value::from(1)));
        let (new, first) = (&new["serving"]["model"], &first["serving"]["model"]);
        assert_eq!((&new["embedding_l2"], new.get("l2_rows")), (&first["l2_rows"], None));
        assert_eq!((first["l2_rows"].as_f64(), first.get("embedding_l2")), (Some(0.0), None));
    }
}

/// What is said of a file with another header.
fn refused(change: impl Fn(&str) -> String) -> String {
    let bytes = fs::read(folder(0).join("behaviours.safetensors")).unwrap();
    let (header, tensors) = parts(&bytes);
    let header = change(header);
    let len = (header.len() as u64).to_le_bytes();
    Ranker::from_bytes(&[&len[..], header.as_bytes(), tensors].concat()).unwrap_err().to_string()
}

#[test]
fn a_newer_file_is_said_to_be_one() {
    let next = FORMAT + 1;
    let newer = format!("{{\\\"format\\\":{next},\\\"step\\\"");
    let newer = refused(|header| header.replacen("{\\\"step\\\"", &newer, 1));
    let expected = format!("model: a model of format {next}, written by a newer dien");
    assert!(newer.contains(&expected), "{newer}");
    let unknown =
        refused(|header| header.replacen("\\\"max_history\\\"", "\\\"depth\\\":3,\\\"max_history\\\"", 1));
    let expected =
        "model: a model of format 0 with the unknown key `depth`, written by a newer dien; expected";
    assert!(unknown.contains(expected), "{unknown}");
    let option = refused(|header| header.replacen("\\\"hidden\\\"", "\\\"depth\\\":3,\\\"hidden\\\"", 1));
    assert!(option.contains("with the unknown key `depth`"), "{option}");
    let value = refused(|header| header.replacen("\\\"dien\\\",", "\\\"transformer\\\",", 1));
    assert!(value.contains("with the unknown value `transformer`"), "{value}");
    let own = ",\\\"custom\\\":{\\\"name\\\":\\\"mine\\\"}},\\\"features\\\"";
    let own = refused(|header| header.replacen("},\\\"features\\\"", own, 1));
    let expected =
        "model: model option `custom.name`: `mine`; expected the name of a registered model, but none is";
    assert!(own.starts_with(expected), "{own}");
    let broken = refused(|header| header.replacen("\\\"max_history\\\":", "\\\"max_history\\\":-", 1));
    assert!(broken.contains("`dien` in the metadata: invalid value"), "{broken}");
}

/// A file that another program wrote, or that was cut off, is no less safe to map.
#[test]
fn a_mapped_file_is_checked_as_any_other() {
    let bytes = fs::read(folder(0).join("behaviours.safetensors")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let ranked = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        map(&path).map(|ranker| ranker.serving().fingerprint()).map_err(|e| e.to_string())
    };
    let expected = Ranker::from_bytes(&bytes).unwrap().serving().fingerprint();
    assert_eq!(ranked(&bytes), Ok(expected));
    // A space more at the header's end: no tensor is aligned.
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let (header, tensors) = bytes[8..].split_at(len as usize);
    let shifted = [&(len + 1).to_le_bytes()[..], header, b" ", tensors].concat();
    assert_eq!(ranked(&shifted), Ok(expected));
    for cut in [0, 7, 300, bytes.len() / 2, bytes.len() - 1] {
        let message = ranked(&bytes[..cut]).unwrap_err();
        assert!(message.contains("no whole safetensors file") || cut == 0, "{cut}: {message}");
    }
    let longer = ranked(&[&bytes[..], &[0]].concat()).unwrap_err();
    assert!(longer.contains("and more after the last tensor"), "{longer}");
}
