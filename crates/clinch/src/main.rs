//! The command line of clinch.

mod command;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match command::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("clinch: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error with its causes, each said once: some messages already end in their cause.
fn told(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if message.is_empty() {
            message = cause;
        } else if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_cause_is_said_once() {
        let error = std::io::Error::other("no room");
        let file = clinch_model::FileError::Unwritable { path: "film.mp4".into(), source: error };
        let message = told(&Err::<(), _>(file).context("the film").unwrap_err());
        assert_eq!(message.matches("no room").count(), 1, "{message}");
        assert!(message.starts_with("the film: film.mp4"), "{message}");
    }
}
