//! A list that grows behind a shared reference and never moves what it holds.

use std::cell::{Cell, OnceCell};

const FIRST: usize = 64;

/// Elements in blocks of 64, 128, 256, …: an element's address stays as the list grows.
pub(crate) struct Arena<N> {
    blocks: [OnceCell<Box<[OnceCell<N>]>>; 24],
    len: Cell<usize>,
}

impl<N> Default for Arena<N> {
    fn default() -> Self {
        Arena::new()
    }
}

impl<N> Arena<N> {
    pub(crate) fn new() -> Self {
        Arena { blocks: [const { OnceCell::new() }; 24], len: Cell::new(0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.get()
    }

    pub(crate) fn push(&self, element: N) -> usize {
        let index = self.len.get();
        let (block, offset) = place(index);
        let cells = self.blocks[block].get_or_init(|| (0..FIRST << block).map(|_| OnceCell::new()).collect());
        assert!(cells[offset].set(element).is_ok(), "a fresh cell is empty");
        self.len.set(index + 1);
        index
    }

    pub(crate) fn get(&self, index: usize) -> &N {
        let (block, offset) = place(index);
        let cells = self.blocks[block].get().expect("the block exists");
        cells[offset].get().expect("the element exists")
    }

    /// Takes every element out, in order; the blocks stay.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = N> + '_ {
        self.len.set(0);
        self.blocks
            .iter_mut()
            .filter_map(|b| b.get_mut())
            .flat_map(|b| b.iter_mut())
            .filter_map(OnceCell::take)
    }
}

/// Block and offset of an element.
fn place(index: usize) -> (usize, usize) {
    let block = (index / FIRST + 1).ilog2() as usize;
    (block, index - FIRST * ((1 << block) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_and_order_holds() {
        let mut arena = Arena::new();
        arena.push(0);
        let first: *const i32 = arena.get(0);
        for i in 1..1000 {
            assert_eq!(arena.push(i), i as usize);
        }
        assert!(std::ptr::eq(first, arena.get(0)));
        assert!((0..1000).all(|i| *arena.get(i) == i as i32));
        assert_eq!(arena.drain().collect::<Vec<_>>(), (0..1000).collect::<Vec<_>>());
        assert_eq!((arena.len(), arena.push(7)), (0, 0));
    }
}
