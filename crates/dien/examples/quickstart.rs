//! Builds a model, trains it and scores candidates, through the public API.
//!
//! `cargo run --release --example quickstart`

use dien::prelude::*;

fn main() -> Result<()> {
    // Your own behaviours: `source.folder = "data/amazon-beauty"` instead of the generator. Twenty seconds.
    let config: Config = r#"
        source.synthetic.users = 3000
        data.batch_size = 256
        model.hidden = 16
        optimizer.lr = 0.01
        train.epochs = 4
    "#
    .parse()?;

    let (dataset, _warnings) = DataSource::open(&config, Encoding::Fit)?;
    let mut trainer = Trainer::new(&config, dataset)?;
    let report = trainer.train(&mut Print)?;
    let test = trainer.evaluate(&trainer.dataset().test())?;
    println!("{} steps, test AUC {:.4}", report.steps, test.auc.unwrap_or(f64::NAN));

    // A user went along the generator's ring, four items a place: i1, i5, i9. Will it be the next place, or
    // one far off?
    let vocabularies = trainer.dataset().vocabularies().clone();
    let id = |name: &str, token: &str| vocabularies.get(name).map_or(0, |v| v.id(token)); // 0: not known
    let items = |tokens: &[&str]| tokens.iter().map(|t| id("item", t)).collect();
    let batch = Batch::new(
        Histories::new(vec![0, 3], vec![items(&["i1", "i5", "i9"]), vec![id("category", "c1"); 3]]),
        Targets::new(
            vec![0, 0],
            vec![0, 0],
            vec![3, 3],
            vec![items(&["i13", "i29"]), vec![id("category", "c1"); 2]],
        ),
    );
    println!("probabilities of a click: {:?}", trainer.into_scorer().score(&batch)?);
    Ok(())
}

struct Print;

impl Observer for Print {
    fn epoch(&mut self, epoch: &Epoch) {
        println!("epoch {}: loss {:.4}", epoch.epoch, epoch.target_loss);
    }
}
