//! A model file that cannot be served is refused, and the message says why.

mod common;

use common::{behaviours, impressions, joined, parts, with_header, with_metadata};
use dien_serving::model_file::FORMAT;
use dien_serving::{ErrorKind, Ranker};
use serde_json::{Value, json};

fn message(bytes: &[u8]) -> String {
    let error = Ranker::from_bytes(bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidFile);
    error.to_string()
}

/// What is said of a file with other metadata.
fn refused(bytes: &[u8], change: impl FnOnce(&mut Value)) -> String {
    message(&with_metadata(bytes, change))
}

#[test]
fn a_newer_file_is_said_to_be_one_before_anything_else() {
    let newer = with_metadata(&behaviours(), |metadata| metadata["format"] = (FORMAT + 1).into());
    let expected = format!("model: a model of format {}, written by a newer dien; expected", FORMAT + 1);
    let starts = |bytes: &[u8]| assert!(message(bytes).starts_with(&expected), "{}", message(bytes));
    starts(&newer);
    starts(&joined(parts(&newer).0, &[]));
    starts(&with_header(&newer, |header| header["embedding.item"]["dtype"] = "F4_E9".into()));
    starts(&with_metadata(&newer, |metadata| metadata["serving"] = "elsewhere".into()));
}

#[test]
fn what_is_unknown_is_named() {
    let unknown = |format: u32, what: &str, change: &dyn Fn(&mut Value)| {
        let message = refused(&behaviours(), |metadata| {
            metadata["format"] = format.into();
            change(&mut metadata["serving"]);
        });
        let expected = format!("model: a model of format {format} with the unknown {what}; expected ");
        assert!(message.starts_with(&expected), "{message}");
        // A file of before the numbers is not a newer version's.
        assert_eq!(message.contains("perhaps a newer dien wrote it"), format > 0, "{message}");
    };
    for format in 0..=FORMAT {
        unknown(format, "key `depth`", &|serving| serving["depth"] = 3.into());
        unknown(format, "key `depth`", &|serving| serving["model"]["depth"] = 3.into());
        unknown(format, "key `depth`", &|serving| serving["features"]["depth"] = 3.into());
        unknown(format, "value `transformer`", &|serving| serving["model"]["kind"] = "transformer".into());
        unknown(format, "key `scale`", &|serving| serving["numbers"] = json!([{"name": "x", "scale": 2}]));
    }
}

#[test]
fn what_is_impossible_is_named() {
    let said = |expected: &str, change: &dyn Fn(&mut Value)| {
        let message = refused(&behaviours(), |metadata| change(&mut metadata["serving"]));
        assert!(message.starts_with(&format!("model: {expected}")), "{message}");
    };
    said("`serving.max_history`: 0; expected at least 1", &|serving| serving["max_history"] = 0.into());
    said(
        "`serving.further_max_history`: 2 entries; expected 0, one for each of `features.groups`",
        &|serving| {
            serving["further_max_history"] = json!([3, 4]);
        },
    );
    said("`serving.id_types`: the table `shop`; expected tables of", &|serving| {
        serving["id_types"] = json!({"shop": "integer"});
    });
    said("`serving.request_lists`: `tags`; expected features of `features.pooled`", &|serving| {
        serving["request_lists"] = json!(["tags"]);
    });
    said("a model of format 0 with the unknown value `table`", &|serving| {
        serving["data"] = json!({"table": ""});
    });
    said("vocabulary `item`: token 1: `i", &|serving| serving["id_types"] = json!({"item": "integer"}));
    said("`serving.further_max_history`: 0 entries; expected 1, one for", &|serving| {
        serving["features"]["groups"] = json!(["bought"]);
    });
    said("`serving.further_max_history[0]`: 0, for `bought`; expected at least 1", &|serving| {
        serving["features"]["groups"] = json!(["bought"]);
        serving["further_max_history"] = json!([0]);
    });
    said("model option `dropout`: 1.0; expected", &|serving| serving["model"]["dropout"] = 1.0.into());
    said(
        "model option `custom.name`: `mine`; expected the name of a registered model, but none",
        &|serving| {
            serving["model"]["custom"] = json!({"name": "mine"});
        },
    );
    said("`dien` in the metadata: invalid value", &|serving| serving["max_history"] = (-1).into());
}

#[test]
fn what_is_wrong_with_numbers_is_named() {
    let said = |expected: &str, change: &dyn Fn(&mut Value)| {
        let message = refused(&impressions(), |metadata| change(&mut metadata["serving"]["numbers"]));
        assert!(message.starts_with(&format!("model: {expected}")), "{message}");
    };
    said("`serving.numbers[0].spread.deviation`: 0; expected a finite number above 0", &|numbers| {
        numbers[0]["spread"]["deviation"] = 0.into();
    });
    said("`serving.numbers[0].spread`: none; expected `mean` and `deviation`", &|numbers| {
        numbers[0]["spread"] = Value::Null;
    });
    said("`serving.numbers[1].transform.buckets`: [40.0, 18.0]; expected finite bounds", &|numbers| {
        numbers[1]["transform"]["buckets"] = json!([40.0, 18.0]);
    });
    said(
        "`serving.numbers[1].transform.buckets`: bounds for the ids 1 to 4; expected ids below the 4 rows of",
        &|numbers| {
            numbers[1]["transform"]["buckets"] = json!([18.0, 40.0, 60.0]);
        },
    );
    said("`serving.numbers[1].name`: `price` again; expected each name once", &|numbers| {
        numbers[1]["name"] = "price".into();
    });
    // JSON has no NaN: it is written as `null`.
    said("`dien` in the metadata: invalid type: null, expected f64", &|numbers| {
        numbers[0]["spread"]["mean"] = Value::Null;
    });
}
