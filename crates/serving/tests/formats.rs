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
            Ranker::from_bytes(&bytes).unwrap(),
            Ranker::from_reader(fs::File::open(file("safetensors")).unwrap()).unwrap(),
        ];
        for ranker in rankers {
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
    assert!(newer.contains("model: a model of format 2, which a newer dien wrote"), "{newer}");
    let unknown =
        refused(|header| header.replacen("\\\"max_history\\\"", "\\\"depth\\\":3,\\\"max_history\\\"", 1));
    assert!(unknown.contains("unknown field `depth`"), "{unknown}");
}
