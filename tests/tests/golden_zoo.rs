//! The zoo's other models against PyTorch: logits, loss, every gradient, running statistics.

use dien_cells::Real;
use dien_model::{ModelConfig, ModelKind};
use dien_tests::model::Case;

fn check<T: Real>(kind: ModelKind) {
    let file = format!("zoo_{}", kind.name().replace('-', "_"));
    let case = Case::<T>::new(&file, ModelConfig::new(kind));
    case.check_evaluation("eval.logits");
    case.check_training();
}

#[test]
fn every_model_but_dien() {
    for &kind in ModelKind::ALL.iter().filter(|&&kind| kind != ModelKind::Dien) {
        check::<f64>(kind);
        check::<f32>(kind);
    }
}
