//! Ctrl-C.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the user has asked to stop. A second Ctrl-C exits at once.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub fn new() -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&asked);
        let listening = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                process::exit(130);
            }
            eprintln!("\nstopping after this step, then saving; Ctrl-C again to exit at once");
        });
        if let Err(error) = listening {
            eprintln!("warning: Ctrl-C will not save ({error})");
        }
        Interrupt(asked)
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
