//! The `exactract` program.

fn main() -> std::process::ExitCode {
    exactract::cli::main()
}
