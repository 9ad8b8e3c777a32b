//! The example of a model of one's own does what it says, and what does not know the model says so.

#[path = "../examples/own_model.rs"]
mod example;

mod common;

use std::fs;

use dien::data::{OnError, Predictions};
use dien::model::Registry;
use dien::prelude::*;
use dien::{Predictor, ReferenceEval};

#[test]
fn the_example_runs() {
    example::main().unwrap();
}

#[test]
fn it_predicts_and_evaluates_as_the_authors_do() {
    let root = tempfile::tempdir().unwrap();
    let (behaviours, run, out) =
        (root.path().join("data"), root.path().join("run"), root.path().join("scores.csv"));
    let Source::Synthetic(synthesis) = common::tiny().source else { panic!("tiny is synthetic") };
    synthesis.log().unwrap().write(&behaviours).unwrap();
    let config = format!(
        "source.folder = '{}'\ndata.embedding_width = 4\nmodel.custom.name = 'biased'\n\
         model.head_layers = [8]\ntrain.epochs = 1",
        behaviours.display()
    );
    let (config, registry) =
        (config.parse::<Config>().unwrap(), Registry::new().with(example::BiasedBuilder));
    let data = DataSource::open(&config, Encoding::Fit).unwrap().0;
    let trainer = Trainer::new_with(&registry, &config, data).unwrap();
    let mut trainer = trainer.save_to(Run::create(&run, &config).unwrap()).unwrap();
    trainer.train(&mut ()).unwrap();
    let (run, test) = (Run::open(&run).unwrap(), trainer.dataset().test());
    let trained = trainer.evaluate(&test).unwrap();
    let reference = ReferenceEval::default();
    assert_eq!(reference.load_with(&run, &registry).unwrap().evaluate(&test).unwrap(), trained);
    let own = reference.batch_statistics(true).load_with(&run, &registry).unwrap();
    assert_ne!(own.evaluate(&test).unwrap().logloss, trained.logloss, "by the batch's own statistics");
    assert!(reference.load(&run).unwrap_err().to_string().contains("`biased`"));
    let keep = ["label".to_owned()];
    let model = run.folder().join("model.safetensors");
    for model in [run.folder(), &model] {
        let predictor = Predictor::open_with(&registry, model, &behaviours, OnError::Fail).unwrap();
        let mut to = Predictions::create(&out, &keep).unwrap();
        assert_eq!(predictor.predict(&keep, &mut to).unwrap().rows as usize, trained.samples);
        to.finish().unwrap();
        let text = fs::read_to_string(&out).unwrap();
        let rows = text.lines().skip(1).map(|line| line.split_once(',').unwrap());
        let loss = rows.map(|(label, score)| {
            let score: f64 = score.parse().unwrap();
            -(if label == "1" { score } else { 1.0 - score }).ln()
        });
        let loss = loss.sum::<f64>() / trained.samples as f64;
        assert!((loss - trained.logloss).abs() < 1e-5, "{loss} {}", trained.logloss);
        let message = Predictor::open(model, &behaviours, OnError::Fail).unwrap_err().to_string();
        assert!(message.contains("`biased`"), "{message}");
    }
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
