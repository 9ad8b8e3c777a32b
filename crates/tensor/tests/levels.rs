//! `f32` at every SIMD level of this machine against `f64`.

mod common;

use common::{Params, step};
use dien_tensor::Pool;
use dien_tensor::check::{Level, Tolerance, assert_close, at_level};

#[test]
fn f32_is_f64_rounded_at_every_level() {
    let params = Params::new();
    let exact = step(&params.store, &params, &Pool::new());
    let single = params.store.cast::<f32>();
    for level in Level::available::<f32>() {
        let found = at_level(level, || step(&single, &params, &Pool::new()));
        assert_eq!(names(&found), names(&exact));
        for ((name, found), (_, exact)) in found.iter().zip(&exact) {
            // A sum's error grows with its terms, not with what is left of them.
            let tolerance = Tolerance::OfScale(2e-6, 1.0);
            assert_close(found, exact, tolerance, format_args!("{name} at {level:?}"));
        }
    }
}

fn names<T>(step: &[(String, Vec<T>)]) -> Vec<&str> {
    step.iter().map(|(name, _)| name.as_str()).collect()
}
