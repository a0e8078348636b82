//! The command line of the maintainers' tasks: `cargo xtask --help`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bench, ci, codegen, dist, figures, fuzz, peers, soak, spec, structure, workspace};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Maintainers' tasks", version = None)]
struct XtaskArgs {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate the client crate and the patched description from openapi/
    Codegen {
        /// Change nothing, and fail with a diff if a committed file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Import a new description from the vendor, or compare it with the current one
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Run all checks of a pull request, and stop at the first failure
    Ci,
    /// Run tests against real programs of other projects, skipping those that are not installed
    Peers {
        /// Test only this peer, such as schemathesis
        name: Option<String>,
    },
    /// Look for bytes that break the readers of answers, settings and files, with cargo-fuzz on nightly
    Fuzz {
        /// Run only this target, such as page
        target: Option<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Check names, module order and docs of fields, and fail if a rule is broken
    Structure {
        /// Check only this crate, such as ionos-activitylog
        name: Option<String>,
        /// Check nothing; print counts of lines, types, circles and public items, and the longest functions
        #[arg(long)]
        figures: bool,
    },
    /// Measure speed and memory, and fail if a limit is missed
    Bench {
        /// Groups of measurements to run [default: all]
        #[arg(value_enum)]
        suites: Vec<bench::BenchSuite>,
        /// Measure a build from scratch, too, which takes minutes
        #[arg(long)]
        cold: bool,
    },
    /// Pack the program with its manual pages, completions and licences
    Dist,
    /// Read and archive ten million events, then kill exports; fail if an event is missing, a file differs or memory
    /// exceeds its limit
    Soak {
        /// Seed of the points at which exports are killed [default: a new one]
        #[arg(long)]
        seed: Option<u64>,
        /// Only run the exports that are killed, not the part with ten million events
        #[arg(long)]
        only_kills: bool,
    },
}

#[derive(Subcommand)]
enum SpecCommand {
    /// Replace the description with the vendor's own file and record its origin
    Import {
        /// The file, YAML or JSON, as downloaded
        file: PathBuf,
        /// The URL it was downloaded from
        #[arg(long)]
        source: String,
        /// The day it was downloaded, YYYY-MM-DD
        #[arg(long)]
        date: String,
    },
    /// Compare a file with the current description, property by property
    Diff {
        /// The file, YAML or JSON, as downloaded
        file: PathBuf,
    },
    /// Print the current description as JSON, with the given overlays instead of those in openapi/overlay
    Overlaid {
        /// OpenAPI Overlay documents, applied in this order
        #[arg(required = true)]
        overlays: Vec<PathBuf>,
    },
}

fn print_figures(root: &Path, name: Option<&str>) -> anyhow::Result<()> {
    print!("{}", figures::render(root, &structure::select_members(root, name)?)?);
    Ok(())
}

fn main() -> ExitCode {
    let root = workspace::root();
    let result = match XtaskArgs::parse().task {
        Task::Codegen { check: false } => codegen::write(&root),
        Task::Codegen { check: true } => codegen::check(&root),
        Task::Spec(SpecCommand::Import { file, source, date }) => spec::import(&root, &file, &source, &date),
        Task::Spec(SpecCommand::Diff { file }) => spec::diff(&root, &file),
        Task::Spec(SpecCommand::Overlaid { overlays }) => {
            spec::apply_overlays(&root, &overlays).map(|document| println!("{document}"))
        }
        Task::Ci => ci::run(&root),
        Task::Peers { name } => peers::run(&root, name.as_deref()),
        Task::Fuzz { target, seconds } => fuzz::run(&root, target.as_deref(), seconds),
        Task::Structure { name, figures: false } => structure::run(&root, name.as_deref()),
        Task::Structure { name, figures: true } => print_figures(&root, name.as_deref()),
        Task::Dist => dist::run(&root),
        Task::Bench { suites, cold } => bench::run(&root, &suites, cold),
        Task::Soak { seed, only_kills } => soak::run(&root, seed, only_kills),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
