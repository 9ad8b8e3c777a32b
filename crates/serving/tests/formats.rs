//! Files of earlier formats are read, and their models give the same scores.

use std::fs;
use std::path::{Path, PathBuf};

use dien_serving::{Ranker, Request};
use serde_json::Value;

fn folder(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/format-{format}"))
}

/// Of format 0: trained by dien 0.1.0 at its commit 5f1081c on synthetic behaviours (DIEN; items known) and
/// on a log of impressions (DIN; hashed ids, standardised and bucketed numbers), with what `dien rank`
/// answered then.
#[test]
fn format_0_gives_the_scores_that_it_gave() {
    for name in ["behaviours", "impressions"] {
        let file = |end: &str| folder(0).join(format!("{name}.{end}"));
        let asked: Value = serde_json::from_slice(&fs::read(file("json")).unwrap()).unwrap();
        let request = Request::from_json(&asked["request"].to_string()).unwrap();
        let bytes = fs::read(file("safetensors")).unwrap();
        let rankers = [
            Ranker::load(file("safetensors")).unwrap(),
            Ranker::map(file("safetensors")).unwrap(),
            Ranker::from_bytes(&bytes).unwrap(),
            Ranker::from_reader(fs::File::open(file("safetensors")).unwrap()).unwrap(),
        ];
        let bits = |ranker: &Ranker| ranker.rank(&request).unwrap().logits;
        for ranker in &rankers {
            assert_eq!(bits(ranker), bits(&rankers[0]), "{name}: however the file was read");
            let answer = ranker.rank(&request).unwrap();
            assert_eq!(answer.unknown as u64, asked["answer"]["unknown"].as_u64().unwrap());
            let expected = asked["answer"]["scores"].as_array().unwrap();
            assert_eq!(answer.probabilities().len(), expected.len());
            for (found, expected) in answer.probabilities().into_iter().zip(expected) {
                let expected = expected.as_f64().unwrap();
                assert!((found - expected).abs() <= 1e-6, "{name}: {found}; expected {expected}");
            }
        }
    }
}

/// What is said of a file with another header.
fn refused(change: impl Fn(&str) -> String) -> String {
    let bytes = fs::read(folder(0).join("behaviours.safetensors")).unwrap();
    let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let (header, tensors) = bytes[8..].split_at(len);
    let header = change(std::str::from_utf8(header).unwrap());
    let len = (header.len() as u64).to_le_bytes();
    Ranker::from_bytes(&[&len[..], header.as_bytes(), tensors].concat()).unwrap_err().to_string()
}

#[test]
fn a_newer_file_is_said_to_be_one() {
    let newer = refused(|header| header.replacen("{\\\"step\\\"", "{\\\"format\\\":2,\\\"step\\\"", 1));
    assert!(newer.contains("model: a model of format 2, written by a newer dien"), "{newer}");
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
        Ranker::map(&path).map(|ranker| ranker.serving().fingerprint()).map_err(|e| e.to_string())
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
