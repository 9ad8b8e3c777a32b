//! What is known of a user.

use std::sync::OnceLock;

use dien_cells::LANES;
use dien_cells::serving::{Tiles, add_columns, multiply_rows, padded};
use serde::{Deserialize, Serialize};

use super::factored::Factored;
use super::{Event, Events, Profile, ServingError};
use crate::config::PoolingKind;
use crate::frozen::FrozenInterest;

/// What is known of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// By sequence of behaviours.
    pub windows: Vec<Window>,
    /// What the head makes of it all: of a state that was read from somewhere, when it is first asked for.
    #[serde(skip)]
    of_head: OnceLock<OfHead>,
}

/// What the head makes of a user.
#[derive(Clone, Debug)]
pub(super) struct OfHead {
    pub of_user: Vec<f32>,
    pub for_candidate: Tiles<f32>,
}

/// What is known of one sequence of a user's behaviours.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Window {
    /// Slots hold the window's events; the oldest is in slot `first`, the others follow around the ring.
    pub(super) first: usize,
    /// Events in the window.
    pub(super) len: usize,
    /// Embeddings by slot, `[slots, event width]`.
    events: Vec<f32>,
    /// The extractor's last state.
    h: Vec<f32>,
    /// Interests `[blocks, hidden, LANES]` and their part of the attention's first layer `[blocks, first,
    /// LANES]`, a slot a lane.
    pub(super) keys: Vec<f32>,
    pub(super) key_parts: Vec<f32>,
    /// The evolution cell's input gates by slot, `[slots, gate width]`.
    pub(super) gates: Vec<f32>,
    /// The pooled history `[event width]`, and P h of the last interest where there is an auxiliary product.
    history: Vec<f32>,
    projected: Vec<f32>,
}

impl State {
    pub fn len(&self) -> usize {
        self.windows.first().map_or(0, |window| window.len)
    }
}

impl Window {
    /// The window's slots, oldest event first: those from the first on, then those before it.
    pub(super) fn runs(&self) -> [std::ops::Range<usize>; 2] {
        [self.first..self.len, 0..self.first]
    }
}

impl Factored {
    /// The state of a user with these events by sequence.
    pub fn state(&self, events: &[Events<'_>], profile: &Profile) -> State {
        let windows = events.iter().enumerate().map(|(sequence, events)| self.window(sequence, *events));
        let windows: Vec<Window> = windows.collect();
        let of_head = OnceLock::from(self.of_head(&windows, profile));
        State { windows, of_head }
    }

    /// What the head makes of a state.
    pub fn head_of<'a>(&self, state: &'a State, profile: &Profile) -> &'a OfHead {
        state.of_head.get_or_init(|| self.of_head(&state.windows, profile))
    }

    fn of_head(&self, windows: &[Window], profile: &Profile) -> OfHead {
        let of_windows = windows.iter().map(|w| [&w.history[..], &w.projected[..]]);
        OfHead {
            of_user: self.of_user(profile, windows),
            for_candidate: self.model.head.for_candidate(of_windows),
        }
    }

    /// That a state has the shapes of this model's, whoever kept it in between.
    pub fn check(&self, state: &State) -> Result<(), ServingError> {
        check(state.windows.len(), self.max_history.len(), "sequences")?;
        let width = self.features.event_width();
        for (sequence, (window, &most)) in state.windows.iter().zip(&self.max_history).enumerate() {
            let n = window.len;
            check(n, n.min(most), "window")?;
            // A ring begins where it likes, but only once it is closed.
            let begin = if n == most { window.first.min(most - 1) } else { 0 };
            check(window.first, begin, "the window's first slot")?;
            let interest = self.model.interests.get(sequence);
            let (hidden, gate_width) = interest.map_or((0, 0), |i| (i.hidden, i.evolution.gate_width()));
            let attends = interest.is_some_and(|i| i.attention.is_some());
            let lanes = n.div_ceil(LANES) * LANES;
            let project = interest.is_some_and(|i| i.project.is_some());
            check(window.events.len(), n * width, "events")?;
            check(window.h.len(), padded(hidden), "the extractor's state")?;
            check(window.keys.len(), if attends { lanes * hidden } else { 0 }, "keys")?;
            check(window.key_parts.len(), lanes * interest.map_or(0, |i| i.first()), "the keys' parts")?;
            check(window.gates.len(), n * gate_width, "gates")?;
            check(window.history.len(), width, "the pooled history")?;
            check(window.projected.len(), if project { width } else { 0 }, "the projected interest")?;
        }
        Ok(())
    }

    fn window(&self, sequence: usize, events: Events<'_>) -> Window {
        let n = events.len();
        let width = self.features.event_width();
        let project = self.model.interests.get(sequence).and_then(|i| i.project.as_ref());
        let len = n.min(self.max_history[sequence]);
        let mut window = Window {
            first: 0,
            len,
            events: vec![0.0; len * width],
            h: vec![0.0; self.model.interests.get(sequence).map_or(0, |i| padded(i.hidden))],
            keys: vec![],
            key_parts: vec![],
            gates: vec![],
            history: vec![0.0; width],
            projected: vec![0.0; if project.is_some() { width } else { 0 }],
        };
        for (event, row) in (n - len..n).zip(window.events.chunks_exact_mut(width)) {
            let ids: Vec<u32> = events.ids.iter().map(|ids| ids[event]).collect();
            self.embed(Event::new(&ids, events.bags), row);
        }
        self.extract(sequence, &mut window, 0, len);
        self.refresh(sequence, &mut window);
        window
    }

    /// Adds the user's latest event of a sequence.
    pub fn append(&self, state: &mut State, sequence: usize, event: Event<'_>, profile: &Profile) {
        let width = self.features.event_width();
        let window = &mut state.windows[sequence];
        let slot = if window.len < self.max_history[sequence] {
            window.events.resize((window.len + 1) * width, 0.0);
            window.len += 1;
            window.len - 1
        } else {
            let oldest = window.first;
            window.first = (oldest + 1) % self.max_history[sequence];
            oldest
        };
        self.embed(event, &mut window.events[slot * width..][..width]);
        self.extract(sequence, window, slot, 1);
        self.refresh(sequence, window);
        state.of_head = OnceLock::from(self.of_head(&state.windows, profile));
    }

    /// Runs the extractor over the events in `n` slots, and computes what the attention and the evolution
    /// want of them.
    fn extract(&self, sequence: usize, state: &mut Window, slot: usize, n: usize) {
        let Some(interests) = self.model.interests.get(sequence) else { return };
        let FrozenInterest { hidden, extractor, evolution, attention, .. } = interests;
        let (width, stride) = (self.features.event_width(), padded(*hidden));
        let mut scratch = self.scratches.take();
        let events = &state.events[slot * width..][..n * width];
        let first = interests.first();
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
        self.scratches.give(scratch);
    }

    /// Computes what depends on the window as a whole.
    fn refresh(&self, sequence: usize, state: &mut Window) {
        let width = self.features.event_width();
        // Anew, in order: bits do not depend on how the window came about, and it is a fraction of a step's
        // work.
        state.history.fill(0.0);
        for slot in state.runs().into_iter().flatten() {
            state.history.iter_mut().zip(&state.events[slot * width..]).for_each(|(sum, x)| *sum += x);
        }
        if self.model.pooling == PoolingKind::Mean && state.len > 0 {
            let scale = 1.0 / state.len as f32;
            state.history.iter_mut().for_each(|x| *x *= scale);
        }
        if let Some(FrozenInterest { hidden, project: Some(columns), .. }) =
            self.model.interests.get(sequence)
        {
            state.projected.fill(0.0);
            add_columns(columns, &state.h[..*hidden], &mut state.projected);
        }
    }

    /// The head's part that a user brings, with this profile.
    pub fn of_user(&self, profile: &Profile, windows: &[Window]) -> Vec<f32> {
        let mut context = Vec::new();
        for (lookup, &id) in self.features.sparse.iter().zip(&profile.sparse) {
            context.extend_from_slice(self.row(lookup.table, id));
        }
        context.extend_from_slice(&profile.dense);
        self.model.head.of_user(&context, windows.iter().map(|w| &w.history[..]))
    }
}

/// That a part of a state has so many numbers.
fn check(found: usize, expected: usize, what: &'static str) -> Result<(), ServingError> {
    if found == expected { Ok(()) } else { Err(ServingError::State { what, expected, found }) }
}

/// Rows `[n, stride]`, of which the first `features` count, into the lanes from `slot` on of `[blocks,
/// features, LANES]`.
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
