//! Items of an iterator as a slice.

use std::ops::Deref;

/// Items that an iterator gave, which runs once; in no memory of their own unless they are many.
pub(crate) struct Listed<X> {
    few: [X; FEW],
    len: usize,
    many: Vec<X>,
}

/// How many are few.
const FEW: usize = 16;

impl<X: Copy> Listed<X> {
    /// # Panics
    /// If there is no item.
    #[track_caller]
    pub(crate) fn of(items: impl IntoIterator<Item = X>) -> Self {
        let mut items = items.into_iter();
        let first = items.next().expect("at least one item");
        let mut list = Listed { few: [first; FEW], len: 1, many: Vec::new() };
        for item in items {
            if list.len < FEW {
                list.few[list.len] = item;
                list.len += 1;
            } else {
                if list.many.is_empty() {
                    list.many.extend_from_slice(&list.few);
                }
                list.many.push(item);
            }
        }
        list
    }
}

impl<X> Deref for Listed<X> {
    type Target = [X];
    fn deref(&self) -> &[X] {
        if self.many.is_empty() { &self.few[..self.len] } else { &self.many }
    }
}

#[cfg(test)]
mod tests {
    use super::Listed;

    #[test]
    fn few_and_many_items_are_those_of_the_iterator_which_runs_once() {
        for n in [1, 15, 16, 17, 40] {
            let mut made = 0;
            let items = (0..n).map(|i| {
                made += 1;
                i * i
            });
            assert_eq!(*Listed::of(items), (0..n).map(|i| i * i).collect::<Vec<_>>());
            assert_eq!(made, n);
        }
    }

    #[test]
    #[should_panic = "at least one item"]
    fn nothing_is_no_list() {
        Listed::of([0; 0]);
    }
}
