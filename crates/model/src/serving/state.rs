//! What is known of a user.

use dien_cells::LANES;
use dien_cells::serving::{Tiles, add_columns, multiply_rows, padded};

use super::interests::Interests;
use super::{Profile, Serving};
use crate::config::PoolingKind;

/// All that scoring needs of a user, computed once. It belongs to the [`Serving`] that made it.
#[derive(Clone, Debug)]
pub struct UserState {
    /// Slots hold the window's events; the oldest is in slot `first`, the others follow around the ring.
    pub(super) first: usize,
    /// Events in the window.
    pub(super) len: usize,
    pub(super) profile: Profile,
    /// Embeddings by slot, `[slots, event width]`.
    events: Vec<f32>,
    /// The extractor's last state.
    h: Vec<f32>,
    /// Interests `[blocks, hidden, LANES]` and their part of the attention's first layer `[blocks, first, LANES]`, a slot a lane.
    pub(super) keys: Vec<f32>,
    pub(super) key_parts: Vec<f32>,
    /// The evolution cell's input gates by slot, `[slots, gate width]`.
    pub(super) gates: Vec<f32>,
    /// The pooled history `[event width]`, and what the head makes of it all.
    history: Vec<f32>,
    pub(super) of_user: Vec<f32>,
    pub(super) for_candidate: Tiles<f32>,
}

impl UserState {
    /// How many events attention, evolution and pooling see: at most the model's `max_history`.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is known beside the behaviours.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The window's slots, oldest event first: those from the first on, then those before it.
    pub(super) fn runs(&self) -> [std::ops::Range<usize>; 2] {
        [self.first..self.len, 0..self.first]
    }
}

impl Serving {
    /// The state of a user whose events, oldest first, are `ids[feature][event]`.
    ///
    /// It reads the latest [`max_history`](Self::max_history) events, as training and evaluation load them.
    ///
    /// # Panics
    /// If there is not one list a behaviour feature, of one length; or an id has no row in its table; or the profile does
    /// not have an id a sparse feature and a number a dense one.
    #[track_caller]
    pub fn user_state(&self, ids: &[Vec<u32>], profile: Profile) -> UserState {
        self.check_profile(&profile);
        assert_eq!(ids.len(), self.features.behaviours.len(), "user state: a list a behaviour feature");
        let n = ids[0].len();
        assert!(ids.iter().all(|ids| ids.len() == n), "user state: lists of one length");
        let mut state = UserState {
            first: 0,
            len: 0,
            profile,
            events: vec![],
            h: vec![0.0; self.interests.as_ref().map_or(0, |i| padded(i.hidden))],
            keys: vec![],
            key_parts: vec![],
            gates: vec![],
            history: vec![0.0; self.features.event_width()],
            of_user: vec![],
            for_candidate: Tiles::new(&[], 0),
        };
        let events = n.saturating_sub(self.max_history)..n;
        state.len = events.len();
        state.events = vec![0.0; state.len * self.features.event_width()];
        for (event, row) in events.zip(state.events.chunks_exact_mut(self.features.event_width())) {
            let ids: Vec<u32> = ids.iter().map(|ids| ids[event]).collect();
            self.embed(&ids, row);
        }
        self.extract(&mut state, 0, n.min(self.max_history));
        self.refresh(&mut state);
        state
    }

    /// Adds the user's latest event, an id for each behaviour feature: one step, whatever the history.
    ///
    /// Once the window is full, its oldest event leaves it; the extractor's state remembers it.
    ///
    /// # Panics
    /// If there is not one id a behaviour feature, or one has no row in its table.
    #[track_caller]
    pub fn append(&self, state: &mut UserState, ids: &[u32]) {
        let width = self.features.event_width();
        let slot = if state.len < self.max_history {
            state.events.resize((state.len + 1) * width, 0.0);
            state.len += 1;
            state.len - 1
        } else {
            let oldest = state.first;
            state.first = (oldest + 1) % self.max_history;
            oldest
        };
        self.embed(ids, &mut state.events[slot * width..][..width]);
        self.extract(state, slot, 1);
        self.refresh(state);
    }

    /// Runs the extractor over the events in `n` slots, and computes what the attention and the evolution want of them.
    fn extract(&self, state: &mut UserState, slot: usize, n: usize) {
        let Some(Interests { hidden, extractor, evolution, attention, .. }) = &self.interests else { return };
        let (width, stride) = (self.features.event_width(), padded(*hidden));
        let mut scratch = self.scratch();
        let events = &state.events[slot * width..][..n * width];
        let first = self.interests.as_ref().map_or(0, Interests::first);
        let sizes = [n * extractor.gate_width(), n * stride, extractor.steps_scratch(), n * first];
        let [gates, states, own, parts] = scratch.parts(sizes);
        extractor.gates(events, width, gates);
        extractor.steps(gates, None, &mut state.h, Some(&mut *states), own);
        state.gates.resize(state.len * evolution.gate_width(), 0.0);
        let gates = &mut state.gates[slot * evolution.gate_width()..][..n * evolution.gate_width()];
        evolution.gates(states, stride, gates);
        if let Some(attention) = attention {
            place(states, (*hidden, stride), slot, &mut state.keys);
            if let Some(unit) = &attention.unit {
                multiply_rows(states, stride, &unit.of_key, first, parts);
                place(parts, (first, first), slot, &mut state.key_parts);
            }
        }
        self.give_back(scratch);
    }

    /// Computes what depends on the window as a whole.
    fn refresh(&self, state: &mut UserState) {
        let width = self.features.event_width();
        // Anew, in order: bits do not depend on how the window came about, and it is a fraction of a step's work.
        state.history.fill(0.0);
        for slot in state.runs().into_iter().flatten() {
            state.history.iter_mut().zip(&state.events[slot * width..]).for_each(|(sum, x)| *sum += x);
        }
        if self.pooling == PoolingKind::Mean && state.len > 0 {
            let scale = 1.0 / state.len as f32;
            state.history.iter_mut().for_each(|x| *x *= scale);
        }
        let project = self.interests.as_ref().and_then(|i| i.project.as_ref().map(|p| (p, i.hidden)));
        let mut projected = vec![0.0; if project.is_some() { width } else { 0 }];
        if let Some((columns, hidden)) = project {
            add_columns(columns, &state.h[..hidden], &mut projected);
        }
        state.of_user = self.of_user(&state.profile, &state.history);
        state.for_candidate = self.head.for_candidate(&state.history, &projected);
    }

    /// The head's part that a user brings, with this profile.
    pub(super) fn of_user(&self, profile: &Profile, history: &[f32]) -> Vec<f32> {
        let mut rest = Vec::new();
        for (lookup, &id) in self.features.sparse.iter().zip(&profile.sparse) {
            rest.extend_from_slice(self.row(lookup.table, id));
        }
        rest.extend_from_slice(&profile.dense);
        self.head.of_user(&rest, history)
    }

    /// The same for a state, with another profile than its own.
    pub(super) fn of_user_with(&self, state: &UserState, profile: &Profile) -> Vec<f32> {
        self.check_profile(profile);
        self.of_user(profile, &state.history)
    }

    #[track_caller]
    fn check_profile(&self, profile: &Profile) {
        let found = [profile.sparse.len(), profile.dense.len()];
        let expected = [self.features.sparse.len(), self.features.dense.len()];
        assert_eq!(found, expected, "profile: an id a sparse feature, a number a dense one");
    }
}

/// Rows `[n, stride]`, of which the first `features` count, into the lanes from `slot` on of `[blocks, features, LANES]`.
fn place(rows: &[f32], (features, stride): (usize, usize), slot: usize, lanes: &mut Vec<f32>) {
    let slots = slot + rows.len() / stride;
    let size = slots.div_ceil(LANES) * features * LANES;
    if lanes.len() < size {
        lanes.resize(size, 0.0);
    }
    for (slot, row) in (slot..).zip(rows.chunks_exact(stride)) {
        let block = &mut lanes[slot / LANES * features * LANES..][..features * LANES];
        for (lanes, &x) in block.chunks_exact_mut(LANES).zip(row) {
            lanes[slot % LANES] = x;
        }
    }
}
