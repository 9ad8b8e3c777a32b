//! `dien bench`, end to end. What it measures is the machine's business; that it measures and reports is
//! ours.

mod common;

use std::path::Path;

use common::{dien, stderr, stdout};
use serde_json::Value;

#[test]
fn reports_what_was_asked_for_as_one_object() {
    let arguments = ["bench", "--json", "--threads", "2", "--seconds", "0", "--only", "rank_1"];
    let output = dien(Path::new("."), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(report["fma_peak_gflops"].as_f64().unwrap() > 0.0);
    assert!(report["sgemm_gflops"].as_f64().unwrap() > 0.0);
    assert!(!report["cpu"].as_str().unwrap().is_empty() && !report["simd"].as_str().unwrap().is_empty());
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    for result in results {
        assert_eq!((&result["name"], &result["shape"]), (&"rank_1".into(), &serde_json::json!([1, 100, 36])));
        let number = |key: &str| result[key].as_f64().unwrap();
        assert!(0.0 < number("p10_ms") && number("p10_ms") <= number("median_ms"), "{result}");
        assert!(number("median_ms") <= number("p90_ms") && number("gflops") > 0.0, "{result}");
        assert_eq!(result["threads"], 2);
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_them() {
    let output = dien(Path::new("."), &["bench", "--only", "speed"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("gru_train"), "{}", stderr(&output));
}
