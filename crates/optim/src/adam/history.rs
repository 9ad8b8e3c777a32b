//! What steps did to rows that had no gradient, summed up by the step at which a row was last up to date.
//!
//! A row that is up to date at step t and has no gradient for k steps has the moments β₁ᵏ m and β₂ᵏ v, so
//! that step s = t + k moves it by
//!
//! ```text
//! lrₛ/(1−β₁ˢ) · β₁ᵏ m / (β₂^(k/2) √v / √(1−β₂ˢ) + ε)  =  m · aₖ / (√v + ε wₖ),
//!     wₖ = √(1−β₂ˢ) / β₂^(k/2),    aₖ = lrₛ/(1−β₁ˢ) · β₁ᵏ wₖ.
//! ```
//!
//! wₖ grows slowly with k, while aₖ dies out like (β₁/√β₂)ᵏ. With zₖ = wₖ/w₁ − 1 ≥ 0 and
//! q = ε w₁ / (√v + ε w₁) in (0, 1]
//!
//! ```text
//! Σₖ m aₖ / (√v + ε wₖ)  =  m/(√v + ε w₁) · Σₖ aₖ / (1 + q zₖ)  =  m/(√v + ε w₁) · Σⱼ (−q)ʲ Mⱼ,
//!     Mⱼ = Σₖ aₖ zₖʲ.
//! ```
//!
//! The Mⱼ know nothing of the row: one set of them for each t serves all rows and any ε/√v. Because
//! 1/(1 + qz) falls between the partial sums of its series, the terms left out from j = J on are together at
//! most qᴶ M_J. With a weight decay, the move of step s later shrinks with the row, so M is multiplied by
//! 1 − lr·λ before a step adds to it.

use dien_kernels::inline::zip;

use super::update::power;

/// How many terms of the series are summed; one more moment is kept, to bound the rest.
pub(super) const TERMS: usize = 8;

/// M₀ … M_J of one t.
pub(super) type Moments = [f64; TERMS + 1];

/// A move is dropped once (β₁/√β₂)ᵏ is below this: after 396 steps for the usual β.
const NEGLIGIBLE: f64 = 1e-18;

/// One step s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// lrₛ / (1 − β₁ˢ)
    pub(super) rate: f64,
    /// √(1 − β₂ˢ)
    pub(super) root: f64,
    /// 1 − lrₛ λ
    pub(super) keep: f64,
    /// The sum of ln keep over the steps of this history up to s.
    pub(super) log_keep: f64,
}

/// The steps after `base`, and the moments of each t from `base` on: 104 bytes a step, until a flush clears
/// it.
#[derive(Clone, Debug)]
pub(super) struct History {
    betas: [f64; 2],
    /// How many steps after t still count.
    window: usize,
    /// β₁ᵏ for k = 0 ..= window.
    beta1_power: Vec<f64>,
    /// β₂^(−k/2) for k = 0 ..= window.
    growth: Vec<f64>,
    base: u64,
    steps: Vec<Step>,
    moments: Vec<Moments>,
}

/// Steps for which memory is set aside at a time, so that few steps allocate.
const AT_A_TIME: usize = 1024;

/// What a row missed since step t.
#[derive(Clone)]
pub(super) struct Missed<'a> {
    /// The moments, as of now.
    pub(super) moments: Moments,
    /// w₁
    pub(super) first_weight: f64,
    /// β₁ⁿ and β₂ⁿ for n missed steps.
    pub(super) decay: [f64; 2],
    /// 1 less the product of 1 − lr·λ over the missed steps.
    pub(super) shrink: f64,
    /// That product over the steps behind the window.
    pub(super) keep_after: f64,
    /// The missed steps inside the window, with β₁ᵏ and β₂^(−k/2).
    steps: &'a [Step],
    powers: (&'a [f64], &'a [f64]),
}

impl Missed<'_> {
    /// (1 − lr·λ, aₖ, wₖ) for k = 1, 2, …
    #[inline(always)]
    pub(super) fn moves(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        zip(self.steps, zip(self.powers.0, self.powers.1)).map(|(step, (beta1_power, growth))| {
            let weight = step.root * growth;
            (step.keep, step.rate * beta1_power * weight, weight)
        })
    }
}

/// What rows missed, by the step at which they were last up to date.
pub(super) struct Summaries<'a> {
    history: &'a History,
    /// Of every step from the history's base on, or none.
    known: Vec<Missed<'a>>,
}

impl<'a> Summaries<'a> {
    /// The last step.
    pub(super) fn now(&self) -> u64 {
        self.history.now()
    }

    /// What a row missed that was up to date at step `t`, before the last one.
    #[inline]
    pub(super) fn since(&self, t: u64) -> Missed<'a> {
        match self.known.get((t - self.history.base) as usize) {
            Some(missed) => missed.clone(),
            None => self.history.missed_since(t),
        }
    }
}

impl History {
    /// An empty history that begins after step `base`.
    pub(super) fn new(betas: [f64; 2], base: u64) -> Self {
        let ratio = betas[0] / betas[1].sqrt();
        let window = (NEGLIGIBLE.ln() / ratio.ln()).ceil().max(1.0) as usize;
        let beta1_power = (0..=window).map(|k| power(betas[0], k as u64)).collect();
        let growth = (0..=window).map(|k| betas[1].powf(-0.5 * k as f64)).collect();
        History { betas, window, beta1_power, growth, base, steps: Vec::new(), moments: Vec::new() }
    }

    /// The history of steps and moments that [`Self::steps`] and [`Self::moments`] gave.
    pub(super) fn from_parts(betas: [f64; 2], base: u64, steps: Vec<Step>, moments: Vec<Moments>) -> Self {
        History { steps, moments, ..Self::new(betas, base) }
    }

    /// The step before the first that is known.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// The last step.
    pub(super) fn now(&self) -> u64 {
        self.base + self.steps.len() as u64
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn moments(&self) -> &[Moments] {
        &self.moments
    }

    /// Forgets everything, once every row is up to date.
    pub(super) fn clear(&mut self) {
        self.base = self.now();
        self.steps.clear();
        self.moments.clear();
    }

    /// Adds a step with its learning rate and with lr·λ.
    pub(super) fn push(&mut self, learning_rate: f64, shrink: f64) {
        let keep = 1.0 - shrink;
        let s = self.now() + 1;
        let rate = learning_rate / (1.0 - power(self.betas[0], s));
        let root = (1.0 - power(self.betas[1], s)).sqrt();
        let log_keep = self.steps.last().map_or(0.0, |last| last.log_keep) + (-shrink).ln_1p();
        if self.steps.len() == self.steps.capacity() {
            self.steps.reserve(AT_A_TIME);
        }
        if self.moments.len() == self.moments.capacity() {
            self.moments.reserve(AT_A_TIME);
        }
        self.steps.push(Step { rate, root, keep, log_keep });
        self.moments.push([0.0; TERMS + 1]);
        let oldest = self.steps.len().saturating_sub(self.window);
        for (i, moments) in self.moments.iter_mut().enumerate().skip(oldest) {
            let k = self.steps.len() - i;
            let weight = root * self.growth[k];
            let z = weight / (self.steps[i].root * self.growth[1]) - 1.0;
            let mut term = rate * self.beta1_power[k] * weight;
            for moment in moments {
                *moment = *moment * keep + term;
                term *= z;
            }
        }
    }

    /// What so many rows missed: worked out once for each step if the steps are fewer, else for each row.
    pub(super) fn summaries(&self, rows: usize) -> Summaries<'_> {
        let once = self.base..if rows > self.steps.len() { self.now() } else { self.base };
        Summaries { history: self, known: once.map(|t| self.missed_since(t)).collect() }
    }

    /// What a row missed that was up to date at step `t`, before the last one.
    #[inline]
    pub(super) fn missed_since(&self, t: u64) -> Missed<'_> {
        let i = (t - self.base) as usize;
        let n = self.steps.len() - i;
        let last = i + n.min(self.window);
        // The logarithm summed over all steps before this history's step i.
        let log_at = |i: usize| if i == 0 { 0.0 } else { self.steps[i - 1].log_keep };
        let now = log_at(self.steps.len());
        let keep_after = (now - log_at(last)).exp();
        Missed {
            moments: self.moments[i].map(|moment| moment * keep_after),
            first_weight: self.steps[i].root * self.growth[1],
            decay: self.betas.map(|beta| power(beta, n as u64)),
            shrink: -(now - log_at(i)).exp_m1(),
            keep_after,
            steps: &self.steps[i..last],
            powers: (&self.beta1_power[1..], &self.growth[1..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_rows_missed_is_worked_out_once_a_step() {
        let mut history = History::new([0.9, 0.999], 5);
        (0..40).for_each(|i| history.push(1e-3 / f64::from(1 + i), 0.0));
        for (rows, known) in [(0, 0), (40, 0), (41, 40), (1_000_000, 40)] {
            let summaries = history.summaries(rows);
            assert_eq!((summaries.known.len(), summaries.now()), (known, 45), "{rows} rows");
            for t in 5..45 {
                let (found, own) = (summaries.since(t), history.missed_since(t));
                assert_eq!((found.moments, found.decay), (own.moments, own.decay), "step {t}");
                let moves = |missed: &Missed<'_>| missed.moves().collect::<Vec<_>>();
                assert_eq!(moves(&found), moves(&own), "step {t}");
            }
        }
    }
}
