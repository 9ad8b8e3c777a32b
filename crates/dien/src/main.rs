//! The program `dien`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
