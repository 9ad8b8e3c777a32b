//! Options as a configuration file has them.

use dien_data::{AuxiliaryNegatives, DataOptions, SyntheticConfig, TargetKind};

#[test]
fn read_and_written_as_toml() {
    let text = "behaviours = [\"item\", \"brand\"]\ntargets = \"last\"\n\
                auxiliary_negatives = \"own\"\nmax_history = 50\n";
    let options: DataOptions = toml::from_str(text).unwrap();
    let expected = DataOptions::default()
        .with_behaviours(["item", "brand"])
        .with_targets(TargetKind::Last)
        .with_auxiliary_negatives(AuxiliaryNegatives::Own)
        .with_max_history(50);
    assert_eq!(options, expected);
    assert_eq!(toml::from_str::<DataOptions>(&toml::to_string(&options).unwrap()).unwrap(), options);
    let synthesis = SyntheticConfig::default().with_users(5);
    assert_eq!(toml::from_str::<SyntheticConfig>(&toml::to_string(&synthesis).unwrap()).unwrap(), synthesis);
}

#[test]
fn unknown_ones_are_named() {
    for (text, name) in [("batch = 3", "`batch`"), ("targets = \"all\"", "`all`")] {
        let message = toml::from_str::<DataOptions>(text).unwrap_err().to_string();
        assert!(message.contains("unknown") && message.contains(name), "{message}");
    }
    assert!(toml::from_str::<SyntheticConfig>("size = 3").unwrap_err().to_string().contains("`size`"));
}

#[test]
fn impossible_ones_are_named() {
    let message = |text: &str| {
        let options: DataOptions = toml::from_str(text).unwrap();
        options.validate().unwrap_err().to_string()
    };
    for (text, expected) in [
        ("batch_size = 1", "option `batch_size`: found 1; expected an integer of at least 2"),
        ("test_batch_size = 0", "option `test_batch_size`: found 0; expected an integer of at least 2"),
        ("embedding_width = 0", "option `embedding_width`: found 0; expected an integer of at least 1"),
        ("first_target = 0", "option `first_target`: found 0; expected an integer of at least 1"),
        ("max_history = 0", "option `max_history`: found 0; expected an integer of at least 1"),
        ("valid_fraction = 1.0", "option `valid_fraction`: found 1; expected a number from 0 to below 1"),
        ("valid_fraction = nan", "option `valid_fraction`: found NaN; expected a number from 0 to below 1"),
        (
            "behaviours = []",
            "option `behaviours`: found an empty list; expected at least one feature, such as `item`",
        ),
        (
            "behaviours = [\"item\", \"item\"]",
            "option `behaviours`: found `item` twice; expected each feature once",
        ),
        (
            "pooled = [\"item\"]",
            "option `behaviours`: found `item` first; expected a feature of one value first, such as `item`, \
             before those that are `pooled`, too",
        ),
        ("sparse = [\"age\"]", "option `sparse`: found [\"age\"]; expected [] or [\"user\"]"),
    ] {
        assert_eq!(message(text), expected);
    }
}
