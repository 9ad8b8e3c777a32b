//! What is counted.

mod ops;
mod ranking;
mod step;

use dien_cells::cell::CellKind;
use dien_kernels::simd::Level;

/// Something to run twice.
type Run = Box<dyn FnMut()>;

/// A name, and what makes ready what is to be run.
type Case = (&'static str, fn() -> Run);

/// Each case by its name.
pub const CASES: &[Case] = &[
    ("gru/forward", || ops::cell(CellKind::Gru, false)),
    ("gru/forward+backward", || ops::cell(CellKind::Gru, true)),
    ("augru/forward", || ops::cell(CellKind::Augru, false)),
    ("augru/forward+backward", || ops::cell(CellKind::Augru, true)),
    ("attention/bilinear", || ops::attention(ops::Attention::Bilinear)),
    ("attention/unit", || ops::attention(ops::Attention::Unit)),
    ("auxiliary/inner_product", || ops::auxiliary(ops::Auxiliary::InnerProduct)),
    ("auxiliary/mlp", || ops::auxiliary(ops::Auxiliary::Mlp)),
    ("step/default", || step::step(step::Configuration::Default)),
    ("step/official", || step::step(step::Configuration::Official)),
    ("rank_200/default", || ranking::rank(step::Configuration::Default)),
    ("rank_200/official", || ranking::rank(step::Configuration::Official)),
];

/// Runs a case on one thread at AVX2, where there is AVX2: once such that memory is there, once to count.
pub fn run(name: &str) -> Result<(), String> {
    let (_, case) = CASES.iter().find(|(known, _)| *known == name).ok_or("no such case; see `list`")?;
    if !Level::Avx2.is_available() {
        return Err("no AVX2, at which instructions are counted".into());
    }
    Level::force(Level::Avx2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| e.to_string())?;
    pool.install(|| {
        let mut run = case();
        run();
        counted(&mut run);
    });
    Ok(())
}

/// What callgrind counts, by this name.
#[inline(never)]
fn counted(run: &mut Run) {
    run();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_runs() {
        assert!(run("none").is_err());
        if Level::Avx2.is_available() {
            CASES.iter().for_each(|(name, _)| run(name).unwrap());
        }
    }
}
