//! The program `dien`.

mod bench;
mod commands;

fn main() -> std::process::ExitCode {
    commands::main()
}
