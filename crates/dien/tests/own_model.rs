//! The example of a model of one's own does what it says, and what does not know the model says so.

#[path = "../examples/own_model.rs"]
mod example;

use dien::prelude::*;

#[test]
fn the_example_runs() {
    example::main().unwrap();
}

#[test]
fn a_model_that_is_not_registered_is_named() {
    let text = "source.synthetic.users = 60\nmodel.custom.name = \"biased\"";
    let config: Config = text.parse().unwrap();
    let data = DataSource::open(&config, Encoding::Fit).unwrap().0;
    let message = Trainer::new(&config, data).unwrap_err().to_string();
    assert!(
        message.contains("`model.custom.name`: found `biased`; expected the name of a registered"),
        "{message}"
    );
}
