//! How many instructions the cells, the attention, the auxiliary loss, a training step and the ranker take.
//!
//! ```text
//! cargo run --profile bench -p dien-instructions             # compares with baseline.tsv
//! cargo run --profile bench -p dien-instructions -- renew    # writes what is counted to baseline.tsv
//! cargo run --profile bench -p dien-instructions -- list     # the cases
//! ```
//!
//! Instructions repeat where time does not, so that a change of 2 % shows on any machine. Each case runs
//! twice under callgrind, on one thread and at AVX2, which valgrind knows; the second time counts, when no
//! memory is asked for any more. Batches are ragged, as they come, and small: an emulated multiply-add takes
//! a hundred times as long.
//!
//! Counts depend on the compiler and on the C library, by which `baseline.tsv` keeps them: a count that is
//! over the baseline's by more than [`MOST`] is an error; without a baseline for this compiler and library
//! they are printed, and that is all.

mod baseline;
mod callgrind;
mod cases;

use std::process::ExitCode;

use baseline::{Baseline, Key};
use cases::CASES;
use rayon::prelude::*;

/// What a count may be over the baseline's.
const MOST: f64 = 0.02;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(),
        ["renew"] => renew(),
        ["list"] => {
            CASES.iter().for_each(|(name, _)| println!("{name}"));
            Ok(())
        }
        ["case", name] => cases::run(name),
        _ => Err("expected nothing, `renew` or `list`".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), String> {
    let (key, baseline) = (Key::here()?, Baseline::read()?);
    println!("{key}");
    let mut over = vec![];
    for (name, count) in counts()? {
        match baseline.get(&key, name) {
            Some(before) => {
                let change = count as f64 / before as f64 - 1.0;
                println!("{name:32} {count:>12}  {:+.2} %", 100.0 * change);
                if change > MOST {
                    over.push(format!("{name} ({:+.2} %)", 100.0 * change));
                }
            }
            None => println!("{name:32} {count:>12}"),
        }
    }
    if !baseline.has(&key) {
        println!("nothing to compare with: `renew` adds a baseline for this compiler and library");
    }
    if over.is_empty() {
        return Ok(());
    }
    Err(format!(
        "over {} % more instructions than in {}: {}; if that is meant, `renew` writes a new baseline",
        100.0 * MOST,
        baseline::FILE,
        over.join(", ")
    ))
}

fn renew() -> Result<(), String> {
    let (key, mut baseline) = (Key::here()?, Baseline::read()?);
    let counts = counts()?;
    counts.iter().for_each(|(name, count)| println!("{name:32} {count:>12}"));
    baseline.renew(&key, &counts);
    baseline.write()
}

/// Of every case, in their order.
fn counts() -> Result<Vec<(&'static str, u64)>, String> {
    CASES.par_iter().map(|&(name, _)| Ok((name, callgrind::count(name)?))).collect()
}
