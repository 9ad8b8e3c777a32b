//! Ctrl-C, and a service manager's way of saying it.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the user has asked to stop. A second Ctrl-C exits at once.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

/// Ctrl-C ends the program at once, without what it has begun to write.
pub(super) fn abandon() {
    let listening = ctrlc::set_handler(|| {
        dien::serving::files::discard_unfinished();
        process::exit(130);
    });
    if let Err(error) = listening {
        eprintln!("warning: Ctrl-C will leave a temporary file ({error})");
    }
}

impl Interrupt {
    /// Listens from now on.
    pub fn new() -> Self {
        Self::saying("stopping after this step, then saving")
    }

    /// The same, with other words for what happens then.
    pub fn saying(then: &'static str) -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&asked);
        let listening = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::SeqCst) {
                process::exit(130);
            }
            eprintln!("\n{then}; Ctrl-C again to exit at once");
        });
        if let Err(error) = listening {
            eprintln!("warning: Ctrl-C will not save ({error})");
        }
        Interrupt(asked)
    }

    /// What is set once Ctrl-C was pressed.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
