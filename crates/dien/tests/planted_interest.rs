//! End to end: interests that evolve are found by DIEN, and not by a pooled history.

use dien::prelude::*;

fn test_auc(kind: &str) -> f64 {
    let text = format!(
        "source.synthetic = {{ users = 1500, categories = 8, noise = 0.0, turn = 0.0, max_length = 24 }}
         model = {{ kind = '{kind}', hidden = 16, attention_layers = [16, 8], head_layers = [32] }}
         data = {{ batch_size = 256, embedding_width = 8 }}
         optimizer.lr = 0.015
         train.epochs = 3"
    );
    let config: Config = text.parse().unwrap();
    let mut trainer = Trainer::new(&config, DataSource::open(&config, Encoding::Fit).unwrap().0).unwrap();
    trainer.train(&mut ()).unwrap();
    trainer.evaluate(&trainer.dataset().test()).unwrap().auc.unwrap()
}

#[test]
fn dien_finds_the_course_that_pooling_cannot() {
    let (dien, pooled) = (test_auc("dien"), test_auc("base"));
    assert!(dien > 0.8, "DIEN {dien}");
    assert!(pooled < 0.75 && dien > pooled + 0.1, "DIEN {dien}, pooled {pooled}");
}
