//! From numbers to places on a page, and round numbers to mark on the way.

/// A straight line from a domain of numbers to a range of pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub domain: (f64, f64),
    pub range: (f64, f64),
}

impl Scale {
    /// The place of `x`; what lies outside the domain stands at its end.
    pub fn at(&self, x: f64) -> f64 {
        let ((a, b), (from, to)) = (self.domain, self.range);
        let share = if b > a { ((x - a) / (b - a)).clamp(0.0, 1.0) } else { 0.5 };
        from + share * (to - from)
    }
}

/// Bounds that hold all values, with some room, and are never one number; 0 to 1 for no value.
pub(crate) fn bounds(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let finite = values.into_iter().filter(|x| x.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = 0.06 * (high - low);
    let least = 1e-3 * high.abs().max(low.abs()).max(1e-3);
    (low - room.max(least), high + room.max(least))
}

/// At most `most` (at least 2) round numbers in steps of 1, 2 or 5 times a power of ten, ascending, within
/// the bounds.
pub(crate) fn ticks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    let least = (high - low) / most.max(2) as f64;
    if !(least > 0.0 && least.is_finite()) {
        return vec![low];
    }
    let power = 10f64.powf(least.log10().floor());
    let count = |step: f64| (high / step + 1e-9).floor() - (low / step - 1e-9).ceil() + 1.0;
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0].map(|s| s * power);
    let step = steps.into_iter().find(|&step| count(step) <= most as f64).unwrap_or(20.0 * power);
    let first = (low / step - 1e-9).ceil();
    // Minus zero would be written as such.
    (0..count(step).max(0.0) as usize).map(|i| (first + i as f64) * step + 0.0).collect()
}

/// The ticks in words: as many decimals as tell them apart, the same for all.
pub(crate) fn labels(ticks: &[f64]) -> Vec<String> {
    let step = ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    let decimals = match ticks {
        [one] if one.fract() == 0.0 => 0,
        [] | [_] => 2,
        _ => (-(step.log10() + 1e-9).floor()).clamp(0.0, 8.0) as usize,
    };
    ticks.iter().map(|x| format!("{x:.decimals$}").replace('-', "−")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(labels(&ticks((0.0, 1.0), 6)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&ticks((1.0, 4.0), 6)), ["1.0", "2.0", "3.0", "4.0"].map(|x| &x[..1]));
        assert_eq!(labels(&ticks((-0.031, 0.062), 5)), ["−0.02", "0.00", "0.02", "0.04", "0.06"]);
        assert_eq!(labels(&ticks((12_000.0, 31_000.0), 4)), ["15000", "20000", "25000", "30000"]);
        assert_eq!((labels(&[3.0]), labels(&[0.25])), (vec!["3".into()], vec!["0.25".into()]));
        for (low, high) in [(0.612, 0.6135), (-3.0, 1e6), (0.0, 1e-7), (5.0, 5.0)] {
            for most in 2..9 {
                let ticks = ticks((low, high), most);
                assert!(!ticks.is_empty() && ticks.len() <= most, "{low} {high} {most}: {ticks:?}");
                let slack = 1e-6 * (high - low);
                assert!(ticks.iter().all(|&x| x >= low - slack && x <= high + slack), "{ticks:?}");
                let labels = labels(&ticks);
                assert!(high <= 1e-7 || labels.windows(2).all(|w| w[0] != w[1]), "{labels:?}");
            }
        }
    }

    #[test]
    fn bounds_are_never_one_number() {
        for values in [vec![], vec![0.0], vec![0.5, 0.5], vec![f64::NAN, 1.0], vec![-1e9, 1e9]] {
            let (low, high) = bounds(values.iter().copied());
            assert!(low < high && low.is_finite() && high.is_finite(), "{values:?}");
            assert!(values.iter().all(|&x| x.is_nan() || (low < x && x < high)));
        }
        let scale = Scale { domain: (2.0, 4.0), range: (100.0, 0.0) };
        assert_eq!([scale.at(2.0), scale.at(3.0), scale.at(9.0)], [100.0, 50.0, 0.0]);
    }
}
