//! The zoo's other models, with DIN's unit where they attend, against PyTorch: logits, loss, every gradient, running statistics.

use dien_model::config::AttentionKind;
use dien_model::{ModelConfig, ModelKind};
use dien_tensor::Real;
use dien_tests::model::Case;

fn check<T: Real>(kind: ModelKind) {
    let file = format!("zoo_{}", kind.name().replace('-', "_"));
    let attention = Some(AttentionKind::Unit);
    let case = Case::<T>::new(&file, ModelConfig { kind, attention, ..ModelConfig::default() });
    case.check_evaluation("eval.logits");
    case.check_training();
}

#[test]
fn every_model_but_dien() {
    for kind in ModelKind::ALL.into_iter().filter(|&kind| kind != ModelKind::Dien) {
        check::<f64>(kind);
        check::<f32>(kind);
    }
}
