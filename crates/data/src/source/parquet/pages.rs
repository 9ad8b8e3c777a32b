//! A column's pages, without those that hold nothing.

use ::parquet::column::page::{Page, PageMetadata, PageReader};
use ::parquet::errors::Result;

/// Leaves out data pages without a level, which some writers make of small pages: a reader of columns takes
/// one for the end.
pub(super) struct FilledPages(pub Box<dyn PageReader>);

impl PageReader for FilledPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        loop {
            match self.0.get_next_page()? {
                Some(page) if page.is_data_page() && page.num_values() == 0 => {}
                page => return Ok(page),
            }
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        loop {
            match self.0.peek_next_page()? {
                Some(page) if !page.is_dict && page.num_levels == Some(0) => self.0.skip_next_page()?,
                page => return Ok(page),
            }
        }
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.peek_next_page()?;
        self.0.skip_next_page()
    }
}

impl Iterator for FilledPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::basic::Encoding;

    use super::*;

    /// Pages to come, the last first.
    struct Given(Vec<Page>);

    impl PageReader for Given {
        fn get_next_page(&mut self) -> Result<Option<Page>> {
            Ok(self.0.pop())
        }

        fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
            let levels = |page: &Page| page.num_values() as usize;
            Ok(self.0.last().map(|page| PageMetadata {
                num_rows: None,
                num_levels: Some(levels(page)),
                is_dict: false,
            }))
        }

        fn skip_next_page(&mut self) -> Result<()> {
            self.0.pop();
            Ok(())
        }
    }

    impl Iterator for Given {
        type Item = Result<Page>;

        fn next(&mut self) -> Option<Self::Item> {
            self.get_next_page().transpose()
        }
    }

    fn page(num_values: u32) -> Page {
        Page::DataPage {
            buf: vec![0; 4 * num_values as usize].into(),
            num_values,
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }
    }

    fn filled() -> FilledPages {
        FilledPages(Box::new(Given([0, 2, 0, 0, 3, 0].map(page).into())))
    }

    #[test]
    fn pages_that_hold_nothing_are_left_out() {
        let found: Vec<u32> = filled().map(|page| page.unwrap().num_values()).collect();
        assert_eq!(found, [3, 2]);
        let mut pages = filled();
        let mut peeked = || pages.peek_next_page().unwrap().and_then(|page| page.num_levels);
        assert_eq!((peeked(), peeked()), (Some(3), Some(3)));
        pages.skip_next_page().unwrap();
        assert_eq!(pages.get_next_page().unwrap().unwrap().num_values(), 2);
        assert!(pages.peek_next_page().unwrap().is_none());
        assert!(pages.get_next_page().unwrap().is_none() && pages.at_record_boundary().unwrap());
    }
}
