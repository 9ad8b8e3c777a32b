//! Every SIMD level gives the same parameters within rounding. The level is the process's, so this is a
//! program of its own.

#[path = "integration/common/mod.rs"]
mod common;

use common::*;
use dien_kernels::simd::Level;
use dien_optim::{AdamConfig, Optimizer};
use dien_tensor::ParamKind;

#[test]
fn levels_agree() {
    let config = AdamConfig::default().with_weight_decay(0.1);
    let mut outcomes = Vec::new();
    for level in Level::available::<f32>() {
        Level::force(level);
        let mut rng = rng(5);
        let start = uniform(&mut rng, &[300, 7], 1.0);
        let (mut params, mut adam) = single::<f32>(ParamKind::Rows, &start, &config);
        for s in 0..400 {
            let ids: Vec<u32> = (0..300).filter(|row| s % (1 + row % 90) == 0).collect();
            let g = uniform(&mut rng, &[300, 7], 1e-6);
            step(&mut adam, &mut params, rows(&ids, 7, g.as_slice().unwrap())).unwrap();
        }
        adam.flush(&mut params);
        outcomes.push(params.data(only(&params)).iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
    }
    for outcome in &outcomes {
        assert!(error(outcome, &outcomes[0]) < 3e-6);
    }
}
