//! What overrides what, and who is blamed.

use super::*;
use crate::config::Source;
use dien_data::TargetNegatives;

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(Layers::new().config().unwrap(), Config::default());
    assert!(!Layers::new().has_source());
}

#[test]
fn arguments_override_the_file_option_by_option() {
    let mut layers = layers("[model]\nhidden = 8\n[model.init]\nprelu = 0.5\ndice = 0.1\n[train]\nseed = 4");
    layers.set("--epochs 7", "train.epochs", 7).unwrap();
    layers.assign("--set", "model.init.dice=0.2").unwrap();
    layers.assign("--set", "model.kind = base").unwrap();
    let config = layers.config().unwrap();
    assert_eq!((config.train.epochs, config.train.seed, config.model.hidden), (7, 4, 8));
    assert_eq!((config.model.init.prelu, config.model.init.dice), (0.5, 0.2));
    assert_eq!(config.model.kind, dien_model::config::ModelKind::Base);
}

#[test]
fn data_options_suit_a_synthetic_source() {
    let negatives = |text| layers(text).config().unwrap().data.target_negatives;
    assert_eq!(negatives("[source.synthetic]\nusers = 50"), TargetNegatives::SameCategory);
    assert_eq!(negatives("[source]\nfolder = \"x\""), TargetNegatives::Popularity);
    assert_eq!(negatives("[data]\ntarget_negatives = \"popularity\""), TargetNegatives::Popularity);
}

#[test]
fn folders_are_relative_to_the_file() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.toml");
    fs::write(&file, "[source]\nfolder = \"data\"").unwrap();
    let mut layers = Layers::new();
    layers.file(&file).unwrap();
    assert_eq!(layers.config().unwrap().source, Source::Folder(root.path().join("data")));
    fs::write(&file, "[source]\nschema = \"log/dataset.toml\"").unwrap();
    layers.file(&file).unwrap();
    let schema = root.path().join("log/dataset.toml");
    assert_eq!(layers.config().unwrap().source, Source::Schema(schema));
}

#[test]
fn the_last_to_set_an_option_is_blamed() {
    let mut layers = layers("[model]\n\ndropout = 0.5");
    layers.assign("--set model.dropout=3", "model.dropout=3").unwrap();
    let message = layers.config().unwrap_err().to_string();
    assert!(message.starts_with("`--set model.dropout=3`: option `model.dropout`: found 3.0;"), "{message}");
    layers.assign("--set model.dropout=0", "model.dropout=0").unwrap();
    assert_eq!(layers.config().unwrap().model.dropout, 0.0);
}

#[test]
fn an_argument_that_fails_changes_nothing() {
    let mut layers = layers("[model]\nhidden = 8");
    assert!(layers.assign("--set", "model.hidden=wide").is_err());
    assert_eq!(layers.config().unwrap().model.hidden, 8);
}
