//! Every SIMD level gives the same parameters within rounding.

use crate::common::*;
use dien_optim::{AdamConfig, Optimizer};
use dien_tensor::ParamKind;
use dien_tensor::check::{Level, at_level};

fn outcome() -> Vec<f32> {
    let mut rng = rng(5);
    let start = uniform(&mut rng, &[300, 7], 1.0);
    let config = AdamConfig::default().with_weight_decay(0.1);
    let (mut params, mut adam) = single::<f32>(ParamKind::Rows, &start, &config);
    for s in 0..400 {
        let ids: Vec<u32> = (0..300).filter(|row| s % (1 + row % 90) == 0).collect();
        let g = uniform(&mut rng, &[300, 7], 1e-6);
        step(&mut adam, &mut params, rows(&ids, 7, g.as_slice().unwrap())).unwrap();
    }
    adam.flush(&mut params);
    params.data(only(&params)).to_vec()
}

#[test]
fn levels_agree() {
    let portable = at_level(Level::Portable, outcome);
    for level in Level::available::<f32>() {
        let found = at_level(level, outcome);
        assert_close(&found, &portable, Tolerance::OfLargest(3e-6), format_args!("{level:?}"));
    }
}
