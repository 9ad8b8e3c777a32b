//! Options that are one of a few values of the library's, by the names that a configuration gives them.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use dien::data::schema::Format;
use serde::Serialize;

/// A value's name in a configuration.
pub(super) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a value of a few has a name: {other:?}"),
    }
}

/// Reads one of these values, each with what help says of it.
pub(super) fn choice<T: Serialize + Clone + Send + Sync + 'static, const N: usize>(
    values: [(T, &'static str); N],
) -> impl TypedValueParser<Value = T> {
    let possible = values.iter().map(|(value, help)| PossibleValue::new(name(value)).help(help));
    PossibleValuesParser::new(possible.collect::<Vec<_>>()).map(move |found| {
        let (value, _) = values.iter().find(|(value, _)| name(value) == found).expect("one of the names");
        value.clone()
    })
}

/// How files are written.
pub(super) fn formats() -> impl TypedValueParser<Value = Format> {
    choice([
        (Format::Csv, "Fields between delimiters, plain or compressed"),
        (Format::Json, "An object a line"),
        (Format::Parquet, "Apache Parquet"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;
    use dien::data::TargetKind;

    #[test]
    fn values_are_known_by_their_names() {
        let parser = || choice([(TargetKind::Every, "all"), (TargetKind::Real, "labelled")]);
        let parse = |text: &str| parser().parse_ref(&Command::new("x"), None, text.as_ref());
        assert_eq!(parse("real").unwrap(), TargetKind::Real);
        let message = parse("last").unwrap_err().to_string();
        assert!(message.contains("every") && message.contains("real"), "{message}");
    }
}
