//! Which sequence stands in which lane.

/// Sequences side by side in a chunk.
pub const LANES: usize = 32;

/// Kernels work on this many lanes at a time, so a block's idle lanes are computed up to the next multiple.
pub(crate) const LANE_STEP: usize = 16;

/// No sequence, no position.
pub(crate) const NONE: u32 = u32::MAX;

/// Variable-length sequences laid out for vector units: sorted by length, longest first, and cut into chunks
/// of [`LANES`].
///
/// An event tensor over a `Packed` has the shape `[blocks, features, LANES]`, where a *block* is one step of
/// one chunk: chunk 0's steps come first, then chunk 1's. Within a chunk lengths do not increase, so at each
/// step the first [`active`](Packed::active) lanes hold a true event. A tensor with one column per sequence
/// has the shape `[chunks, features, LANES]`.
///
/// Kernels compute lanes up to [`width`](Packed::width); those past the active ones hold anything, NaN
/// included, and reach no state, loss, statistic or gradient of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    lengths: Vec<u32>,
    /// The sequence in each place (chunk · LANES + lane), or [`NONE`].
    sequences: Vec<u32>,
    /// Each sequence's place.
    places: Vec<u32>,
    /// The first block of each chunk, and the number of blocks at the end.
    starts: Vec<usize>,
    active: Vec<u8>,
    /// The step of each block within its chunk.
    steps: Vec<u32>,
    /// Block · LANES + lane of each event, sequence after sequence.
    event_slots: Vec<u32>,
    /// The event in each slot, or [`NONE`].
    events: Vec<u32>,
}

impl Default for Packed {
    fn default() -> Self {
        Packed::from_lengths(&[])
    }
}

impl Packed {
    /// Packs sequences of these lengths; 0 is legal.
    pub fn from_lengths(lengths: &[u32]) -> Packed {
        let mut packed = Packed {
            lengths: Vec::new(),
            sequences: Vec::new(),
            places: Vec::new(),
            starts: Vec::new(),
            active: Vec::new(),
            steps: Vec::new(),
            event_slots: Vec::new(),
            events: Vec::new(),
        };
        packed.pack(lengths.iter().copied());
        packed
    }

    /// Packs jagged sequences: sequence `i` has the events `offsets[i]..offsets[i + 1]`.
    ///
    /// # Panics
    /// If the offsets do not begin at 0, or decrease.
    #[track_caller]
    pub fn from_offsets(offsets: &[u32]) -> Packed {
        let mut packed = Packed::default();
        packed.pack_offsets(offsets);
        packed
    }

    /// [`from_lengths`](Packed::from_lengths) in place of what was packed before; uses its buffers again. See
    /// [`Pool::shared`](dien_tensor::Pool::shared).
    pub fn pack(&mut self, lengths: impl IntoIterator<Item = u32>) {
        self.lengths.clear();
        self.lengths.extend(lengths);
        self.pack_own_lengths();
    }

    /// [`from_offsets`](Packed::from_offsets) in place of what was packed before.
    ///
    /// # Panics
    /// If the offsets do not begin at 0, or decrease.
    #[track_caller]
    pub fn pack_offsets(&mut self, offsets: &[u32]) {
        assert!(offsets.first() == Some(&0), "offsets begin with {:?}, expected 0", offsets.first());
        self.lengths.clear();
        for w in offsets.windows(2) {
            let Some(length) = w[1].checked_sub(w[0]) else { panic!("offsets decrease: {w:?}") };
            self.lengths.push(length);
        }
        self.pack_own_lengths();
    }

    fn pack_own_lengths(&mut self) {
        let Packed { lengths, sequences, places, starts, active, steps, .. } = self;
        let n = lengths.len();
        sequences.clear();
        sequences.extend(0..n as u32);
        sequences.sort_unstable_by_key(|&s| (std::cmp::Reverse(lengths[s as usize]), s));
        places.clear();
        places.resize(n, 0);
        for (place, &s) in sequences.iter().enumerate() {
            places[s as usize] = place as u32;
        }
        starts.clear();
        starts.push(0);
        active.clear();
        steps.clear();
        for chunk in sequences.chunks(LANES) {
            let length = lengths[chunk[0] as usize];
            let mut lanes = chunk.len();
            for step in 0..length {
                while lengths[chunk[lanes - 1] as usize] <= step {
                    lanes -= 1;
                }
                active.push(lanes as u8);
            }
            steps.extend(0..length);
            starts.push(active.len());
        }
        sequences.resize((starts.len() - 1) * LANES, NONE);
        self.index_events();
    }

    /// Finds each event's slot and each slot's event.
    fn index_events(&mut self) {
        self.event_slots.clear();
        self.events.clear();
        self.events.resize(self.active.len() * LANES, NONE);
        for (&place, &length) in self.places.iter().zip(&self.lengths) {
            let (chunk, lane) = (place as usize / LANES, place as usize % LANES);
            for step in 0..length as usize {
                let slot = (self.starts[chunk] + step) * LANES + lane;
                self.events[slot] = self.event_slots.len() as u32;
                self.event_slots.push(slot as u32);
            }
        }
    }

    /// The sequences of `from` under other numbers: sequence `i` stands where `order[i]` does there.
    pub(crate) fn reorder(&mut self, from: &Packed, order: &[u32]) {
        self.starts.clone_from(&from.starts);
        self.active.clone_from(&from.active);
        self.steps.clone_from(&from.steps);
        self.sequences.clone_from(&from.sequences);
        self.lengths.clear();
        self.places.clear();
        for (new, &old) in order.iter().enumerate() {
            let place = from.places[old as usize];
            self.lengths.push(from.lengths[old as usize]);
            self.places.push(place);
            self.sequences[place as usize] = new as u32;
        }
        self.index_events();
    }

    /// The number of sequences.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there are no sequences.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The number of chunks.
    pub fn chunks(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of blocks: steps, summed over chunks.
    pub fn blocks(&self) -> usize {
        self.active.len()
    }

    /// The blocks of a chunk.
    ///
    /// # Panics
    /// If there is no such chunk.
    #[inline]
    pub fn chunk(&self, chunk: usize) -> std::ops::Range<usize> {
        self.starts[chunk]..self.starts[chunk + 1]
    }

    /// The first block of a chunk; for the number of chunks, the number of blocks.
    pub(crate) fn first_block(&self, chunk: usize) -> usize {
        self.starts[chunk]
    }

    /// The first chunk that begins at this block or later; the number of chunks if none does.
    pub(crate) fn chunk_from(&self, block: usize) -> usize {
        self.starts[..self.chunks()].partition_point(|&start| start < block)
    }

    /// How many lanes of a block hold a true event: the first ones.
    ///
    /// # Panics
    /// If there is no such block.
    #[inline]
    pub fn active(&self, block: usize) -> usize {
        self.active[block] as usize
    }

    /// How many lanes of a block kernels compute: [`active`](Packed::active), rounded up.
    ///
    /// # Panics
    /// If there is no such block.
    #[inline]
    pub fn width(&self, block: usize) -> usize {
        self.active(block).next_multiple_of(LANE_STEP)
    }

    /// Each sequence's length.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// The number of true events.
    pub fn events(&self) -> usize {
        self.lengths.iter().map(|&n| n as usize).sum()
    }

    /// Where a sequence stands: its chunk and lane.
    ///
    /// # Panics
    /// If there is no such sequence.
    #[inline]
    pub fn place(&self, sequence: usize) -> (usize, usize) {
        let place = self.places[sequence] as usize;
        (place / LANES, place % LANES)
    }

    /// The sequence in a chunk's lane, if there is one.
    ///
    /// # Panics
    /// If there is no such chunk, or in a debug build if `lane` is not below [`LANES`].
    #[inline]
    pub fn sequence(&self, chunk: usize, lane: usize) -> Option<usize> {
        debug_assert!(lane < LANES, "lane {lane}");
        let s = self.sequences[chunk * LANES + lane];
        (s != NONE).then_some(s as usize)
    }

    /// The block and lane of a sequence's event at `step`.
    ///
    /// # Panics
    /// If there is no such sequence, or in a debug build if it is not that long.
    #[inline]
    pub fn event(&self, sequence: usize, step: usize) -> (usize, usize) {
        debug_assert!(step < self.lengths[sequence] as usize, "step {step} of sequence {sequence}");
        let (chunk, lane) = self.place(sequence);
        (self.starts[chunk] + step, lane)
    }

    /// Block · LANES + lane of a sequence's event at `step`.
    ///
    /// # Panics
    /// As [`event`](Packed::event).
    #[inline]
    pub fn slot(&self, sequence: usize, step: usize) -> u32 {
        let (block, lane) = self.event(sequence, step);
        (block * LANES + lane) as u32
    }

    /// Block · LANES + lane of every event, sequence after sequence: the order of the jagged form.
    pub fn event_slots(&self) -> &[u32] {
        &self.event_slots
    }

    /// The step of a block within its chunk.
    ///
    /// # Panics
    /// If there is no such block.
    #[inline]
    pub fn step(&self, block: usize) -> usize {
        self.steps[block] as usize
    }

    /// The events in a block's active lanes, counted sequence after sequence as in the jagged form.
    #[inline]
    pub fn events_of(&self, block: usize) -> &[u32] {
        &self.events[block * LANES..][..self.active(block)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_descend_in_a_chunk_and_places_agree() {
        let lengths: Vec<u32> = (0..70).map(|i| (i * 7) % 12).collect();
        let packed = Packed::from_lengths(&lengths);
        assert_eq!((packed.chunks(), packed.len()), (3, 70));
        let mut seen = 0;
        for chunk in 0..packed.chunks() {
            for (step, block) in packed.chunk(chunk).enumerate() {
                for lane in 0..LANES {
                    let alive = packed.sequence(chunk, lane).is_some_and(|s| lengths[s] as usize > step);
                    assert_eq!(alive, lane < packed.active(block));
                    if alive {
                        let s = packed.sequence(chunk, lane).unwrap();
                        assert_eq!((packed.event(s, step), packed.step(block)), ((block, lane), step));
                        let event = packed.events_of(block)[lane] as usize;
                        assert_eq!(packed.event_slots()[event] as usize, block * LANES + lane);
                        seen += 1;
                    }
                }
            }
        }
        assert_eq!(seen, packed.events());
    }

    #[test]
    fn packing_again_leaves_nothing_of_what_was_there() {
        let mut packed = Packed::from_lengths(&(0..90).collect::<Vec<_>>());
        for lengths in [&[3, 0, 5][..], &[], &[7; 40]] {
            packed.pack(lengths.iter().copied());
            assert_eq!(packed, Packed::from_lengths(lengths));
        }
    }

    #[test]
    #[should_panic = "offsets begin with Some(5), expected 0"]
    fn offsets_begin_at_0() {
        Packed::from_offsets(&[5, 8]);
    }

    #[test]
    #[should_panic = "offsets decrease: [3, 2]"]
    fn offsets_do_not_decrease() {
        Packed::from_offsets(&[0, 3, 2]);
    }

    #[test]
    #[should_panic = "offsets begin with None, expected 0"]
    fn no_offsets_are_not_the_offsets_of_nothing() {
        Packed::default().pack_offsets(&[]);
    }

    #[test]
    fn nothing_and_empty_sequences_are_legal() {
        assert_eq!(Packed::from_lengths(&[]).chunks(), 0);
        let packed = Packed::from_offsets(&[0, 0, 0]);
        assert_eq!((packed.chunks(), packed.blocks(), packed.events()), (1, 0, 0));
    }
}
