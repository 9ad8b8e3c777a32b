//! `f32` at every SIMD level of this machine against `f64`. A process of its own, since it forces the level.

mod common;

use common::{Params, step};
use dien_kernels::simd::Level;
use dien_tensor::{Number, Pool};

#[test]
fn f32_is_f64_rounded_at_every_level() {
    let params = Params::new();
    let exact = step(&params.store, &params, &Pool::new());
    let single = params.store.cast::<f32>();
    for level in Level::available::<f32>() {
        Level::force(level);
        let found = step(&single, &params, &Pool::new());
        assert_eq!(Level::current(), level);
        assert_eq!(found.len(), exact.len());
        for ((name, found), (_, exact)) in found.iter().zip(&exact) {
            assert_eq!(found.len(), exact.len(), "{name}");
            // A sum's error grows with its terms, not with what is left of them.
            let scale = exact.iter().fold(1.0, |max: f64, x| max.max(x.abs()));
            assert!(scale.is_finite() && exact.iter().all(|x| x.is_finite()), "{name}: {scale}");
            for (f, e) in found.iter().zip(exact) {
                // As it stands, it is false of a NaN.
                assert!((f.f64() - e).abs() < 2e-6 * scale, "{name} at {level:?}: {f} for {e} of {scale}");
            }
        }
    }
}
