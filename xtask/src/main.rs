//! The command line of the maintainers' tasks: `cargo xtask --help`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bench, ci, codegen, dist, soak, spec, structure, workspace};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Maintainers' tasks", version = None)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the client crate and the patched description from openapi/
    Codegen {
        /// Change nothing; fail with a diff where the committed files are not what would be generated
        #[arg(long)]
        check: bool,
    },
    /// Take in a new description from the vendor, or see what it would change
    #[command(subcommand)]
    Spec(Spec),
    /// Run every check that a pull request has to pass, stopping at the first failure
    Ci,
    /// Check names, module order and docs of fields, and fail if a rule is broken
    Structure {
        /// Check only this crate, such as ionos-activitylog
        name: Option<String>,
        /// Print counts of lines, types, circles and long functions instead
        #[arg(long)]
        figures: bool,
    },
    /// Measure, and fail where a limit is missed
    Bench {
        /// What to measure; everything if left out
        #[arg(value_enum)]
        suites: Vec<bench::Suite>,
        /// Also build from nothing, which takes minutes
        #[arg(long)]
        cold: bool,
    },
    /// Pack the program with its manual pages, completions and licences
    Dist,
    /// Read ten million events, and fail where one is missing or the memory has no bound
    Soak,
}

#[derive(Subcommand)]
enum Spec {
    /// Put the vendor's own file in place and record where it came from
    Import {
        /// The file, YAML or JSON, as downloaded
        file: PathBuf,
        /// Where it was downloaded from
        #[arg(long)]
        source: String,
        /// The day it was downloaded, YYYY-MM-DD
        #[arg(long)]
        date: String,
    },
    /// Compare a file with the description in place, property by property
    Diff {
        /// The file, YAML or JSON, as downloaded
        file: PathBuf,
    },
    /// Print the description in place with overlays of your own, and without those of openapi/overlay, as JSON
    Overlaid {
        /// OpenAPI Overlay documents, applied in this order
        #[arg(required = true)]
        overlays: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let root = workspace::root();
    let done = match Cli::parse().task {
        Task::Codegen { check: false } => codegen::write(&root),
        Task::Codegen { check: true } => codegen::check(&root),
        Task::Spec(Spec::Import { file, source, date }) => spec::import(&root, &file, &source, &date),
        Task::Spec(Spec::Diff { file }) => spec::diff(&root, &file),
        Task::Spec(Spec::Overlaid { overlays }) => {
            spec::overlaid(&root, &overlays).map(|document| println!("{document}"))
        }
        Task::Ci => ci::run(&root),
        Task::Structure { name, figures: false } => structure::run(&root, name.as_deref()),
        Task::Structure { name, figures: true } => structure::print_figures(&root, name.as_deref()),
        Task::Dist => dist::run(&root),
        Task::Bench { suites, cold } => bench::run(&root, &suites, cold),
        Task::Soak => soak::run(&root),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
