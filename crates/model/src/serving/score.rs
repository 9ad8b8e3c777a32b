//! Candidates against a user.

use dien_cells::LANES;
use dien_cells::serving::{Tiles, add_product, dots, fill, padded, prelu, sigmoid, softmax, width};
use rayon::prelude::*;

use super::factored::Factored;
use super::factored_state::{State, Window};
use super::scratch::{Scratch, split};
use super::{Candidates, Profile};
use crate::config::AttentionNorm;
use crate::frozen::{FrozenAttention, FrozenInterest};

/// More candidates than this are shared among threads.
const ALONE: usize = 2 * LANES;

impl Factored {
    /// The logit of each candidate, for a state with its own `profile` or, if there is one, `another`.
    pub fn logits(
        &self,
        state: &State,
        profile: &Profile,
        candidates: &Candidates,
        another: Option<&Profile>,
    ) -> Vec<f32> {
        let n = candidates.len();
        let of_head = self.head_of(state, profile);
        let other = another.map(|profile| self.of_user(profile, &state.windows));
        let of_user = other.as_deref().unwrap_or(&of_head.of_user);
        let for_candidate = &of_head.for_candidate;
        let mut logits = vec![0.0; n];
        let block = |(block, logits): (usize, &mut [f32])| {
            let mut scratch = self.scratches.take();
            self.score_block(
                state,
                (of_user, for_candidate),
                candidates,
                block * LANES,
                logits,
                &mut scratch,
            );
            self.scratches.give(scratch);
        };
        if n > ALONE {
            logits.par_chunks_mut(LANES).enumerate().for_each(block);
        } else {
            logits.chunks_mut(LANES).enumerate().for_each(block);
        }
        logits
    }

    /// Scores the candidates from number `start` on, at most [`LANES`] of them.
    fn score_block(
        &self,
        state: &State,
        (of_user, for_candidate): (&[f32], &Tiles<f32>),
        candidates: &Candidates,
        start: usize,
        logits: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let f = &self.features;
        let (e_width, list_width) = (f.event_width(), f.width(&f.multi_hot));
        let n = logits.len();
        let hidden = self.model.hidden();
        let sequences = || self.model.interests.iter().zip(&state.windows);
        let scratches = sequences().map(|(i, window)| i.scratch(window).iter().sum()).max().unwrap_or(0);
        let widest = self.model.head.widest() * LANES;
        let sizes = [
            e_width * LANES,
            list_width * LANES,
            self.model.interests.len() * hidden * LANES,
            scratches,
            widest,
            widest,
        ];
        let [e, lists, h, own, x, y] = scratch.parts(sizes);
        self.gather(candidates, start, n, e, lists);
        for ((interests, window), h) in sequences().zip(h.chunks_exact_mut((hidden * LANES).max(1))) {
            interests.evolve(window, e, n, h, own);
        }
        let inputs = [&*e, lists, h];
        let all = self.model.head.logits(of_user, for_candidate, inputs, width(n), [x, y]);
        logits.copy_from_slice(&all[..n]);
    }

    /// The candidates' embeddings, and the means of those of their lists, into lanes.
    fn gather(&self, candidates: &Candidates, start: usize, n: usize, e: &mut [f32], lists: &mut [f32]) {
        let f = &self.features;
        // Lanes past the last candidate are computed too, and their numbers are dropped.
        e.fill(0.0);
        lists.fill(0.0);
        let (mut at, mut bags) = (0, candidates.bags.iter());
        for (lookup, ids) in f.behaviours.iter().zip(&candidates.ids) {
            let ids = &ids[start..start + n];
            if lookup.is_bag {
                let bags = bags.next().expect("checked");
                let mut mean = vec![0.0; f.tables[lookup.table].embedding_dim];
                for (lane, &bag) in ids.iter().enumerate() {
                    self.mean(lookup.table, bags.list(bag as usize), &mut mean);
                    mean.iter().enumerate().for_each(|(i, &x)| e[(at + i) * LANES + lane] = x);
                }
                at += mean.len();
                continue;
            }
            for (lane, &id) in ids.iter().enumerate() {
                for (i, &x) in self.row(lookup.table, id).iter().enumerate() {
                    e[(at + i) * LANES + lane] = x;
                }
            }
            at += f.tables[lookup.table].embedding_dim;
        }
        let mut at = 0;
        for (lookup, list) in f.multi_hot.iter().zip(&candidates.multi_hot) {
            for lane in 0..n {
                let bounds = list.offsets[start + lane] as usize..list.offsets[start + lane + 1] as usize;
                let scale = 1.0 / bounds.len() as f32;
                for &id in &list.ids[bounds] {
                    for (i, &x) in self.row(lookup.table, id).iter().enumerate() {
                        lists[(at + i) * LANES + lane] += x * scale;
                    }
                }
            }
            at += f.tables[lookup.table].embedding_dim;
        }
    }
}

impl FrozenInterest {
    /// The parts of what [`evolve`](Self::evolve) wants beside the states: the cell's own; queries and their
    /// parts in lanes, those of one candidate, its scores by slot, all scores `[events, LANES]` by time, the
    /// activation unit's own.
    fn scratch(&self, state: &Window) -> [usize; 7] {
        let (n, first) = (self.hidden, self.first());
        let unit = self.attention.as_ref().and_then(|a| a.unit.as_ref()).map_or(0, |u| u.pair.scratch());
        let cell = self.evolution.lanes_scratch().max(self.evolution.steps_scratch());
        let slots = state.len.next_multiple_of(LANES);
        [cell, n * LANES, first * LANES, n + first, slots, state.len * LANES, unit]
    }

    /// The last states `h` `[hidden, LANES]` of the evolution over the window, for the candidates `e` `[event
    /// width, LANES]`.
    fn evolve(&self, state: &Window, e: &[f32], candidates: usize, h: &mut [f32], scratch: &mut [f32]) {
        h.fill(0.0);
        if state.len == 0 {
            return;
        }
        let [own, parts @ ..] = split(scratch, self.scratch(state));
        let scores =
            self.attention.as_ref().map(|attention| &*self.attend(attention, state, e, candidates, parts));
        let (cell, gate_width) = (&self.evolution, self.evolution.gate_width());
        let mut time = 0;
        for slots in state.runs() {
            let steps = slots.len();
            let gates = &state.gates[slots.start * gate_width..slots.end * gate_width];
            if candidates == 1 {
                let a: Option<Vec<f32>> =
                    scores.map(|a| (time..time + steps).map(|t| a[t * LANES]).collect());
                self.evolve_one(gates, a.as_deref(), h, own);
            } else {
                cell.lanes(gates, scores.map(|a| &a[time * LANES..]), h, width(candidates), own);
            }
            time += steps;
        }
    }

    /// A single candidate has no company to share vectors with: its units do.
    fn evolve_one(&self, gates: &[f32], a: Option<&[f32]>, h: &mut [f32], scratch: &mut [f32]) {
        let mut state = vec![0.0; padded(self.hidden)];
        let lanes = h.chunks_exact_mut(LANES).take(self.hidden);
        state.iter_mut().zip(lanes).for_each(|(state, lanes)| *state = lanes[0]);
        self.evolution.steps(gates, a, &mut state, None, scratch);
        let lanes = h.chunks_exact_mut(LANES).take(self.hidden);
        state.iter().zip(lanes).for_each(|(state, lanes)| lanes[0] = *state);
    }

    /// Attention over the window, `[events, LANES]` by time.
    fn attend<'a>(
        &self,
        attention: &FrozenAttention,
        state: &Window,
        e: &[f32],
        candidates: usize,
        [queries, parts, own, by_slot, scores, scratch]: [&'a mut [f32]; 6],
    ) -> &'a mut [f32] {
        let computed = width(candidates);
        match &attention.unit {
            Some(unit) => fill(&unit.bias, queries),
            None => queries.fill(0.0),
        }
        add_product(&attention.query, e, queries, computed);
        if let Some(unit) = &attention.unit {
            prelu(&unit.alpha, queries);
            fill(&unit.first_bias, parts);
            add_product(&unit.of_query, queries, parts, computed);
        }
        let (query, part) = own.split_at_mut(self.hidden);
        for lane in 0..candidates {
            query.iter_mut().zip(queries.chunks_exact(LANES)).for_each(|(q, lanes)| *q = lanes[lane]);
            part.iter_mut().zip(parts.chunks_exact(LANES)).for_each(|(q, lanes)| *q = lanes[lane]);
            match &attention.unit {
                Some(unit) => {
                    unit.pair.scores(&state.keys, &state.key_parts, query, part, by_slot, state.len, scratch);
                }
                None => dots(&state.keys, query, by_slot),
            }
            // By time, so that the sum is the same wherever the ring begins.
            let by_slot = &mut by_slot[..state.len];
            by_slot.rotate_left(state.first);
            match attention.norm {
                AttentionNorm::Softmax => softmax(by_slot),
                AttentionNorm::Sigmoid => sigmoid(by_slot),
            }
            scores.chunks_exact_mut(LANES).zip(by_slot).for_each(|(lanes, &mut a)| lanes[lane] = a);
        }
        scores
    }
}
