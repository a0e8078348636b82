//! `ialog man`: the manual, made from the same description of the command line as the help, and from the same texts on what
//! concerns several commands. Pages have no date, so they change only when the program does.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};
use ionos_activitylog::internal::did_you_mean;

use crate::args::service::NoAccountArgs;
use crate::commands::topics::{TOPICS, Topic};
use crate::commands::{Cli, topics};
use crate::error::CommandError;
use crate::output::plural::format_count;
use crate::runtime::context::Context;

#[derive(Args)]
#[command(after_help = "\
Examples:
  ialog man query | man -l -
  ialog man times | man -l -
  ialog man --out /usr/local/share/man")]
pub(crate) struct ManArgs {
    /// Command or topic whose page to print, such as query, state show or times; that of the program if left out
    #[arg(value_name = "COMMAND|TOPIC")]
    pub(crate) about: Vec<String>,

    /// Write all pages instead, to man1 and man7 in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "about")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

/// Who the pages are from, and of which manual.
const SOURCE: &str = "ialog";
const MANUAL: &str = "ialog manual";

pub(crate) fn run(arguments: &ManArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(folder) = &arguments.out {
        let written = write_all(folder).map_err(|error| {
            CommandError::usage(
                format!("the folder {} cannot be written to ({error})", folder.display()),
                "choose another",
            )
        })?;
        let pages = format_count(written, "page");
        context.info(format_args!("{pages} written to {}", folder.display()));
        return Ok(());
    }
    if let [name] = arguments.about.as_slice()
        && let Some(topic) = topics::named(name)
    {
        return context.print(&page_on(topic));
    }
    let program = whole();
    let mut command = &program;
    for name in &arguments.about {
        let mut below = command.get_subcommands();
        command = below.find(|one| one.get_name() == name).ok_or_else(|| {
            let commands = command.get_subcommands().map(Command::get_name);
            let topics = TOPICS.iter().map(|topic| topic.name);
            let known: Vec<&str> = if command.get_name() == program.get_name() {
                commands.chain(topics).collect()
            } else {
                commands.collect()
            };
            CommandError::usage(
                format!("there is no page on {name:?}{}", did_you_mean(name, known.iter().copied())),
                match known.as_slice() {
                    [] => "leave it out".to_owned(),
                    known => format!("known are {}", known.join(", ")),
                },
            )
        })?;
    }
    let page = page_of(command).map_err(|error| CommandError::bug(error.to_string()))?;
    context.print(&page)
}

/// The program with the full names of its commands.
fn whole() -> Command {
    let mut program = Cli::shown();
    program.build();
    program
}

/// The page of one command. Its name has no space, as the names of pages have none.
fn page_of(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    let command = command.clone().display_name(name(command));
    // Without a version and a date, which would change every page with every release.
    Page::new(command).source(SOURCE).manual(MANUAL).render(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}

/// The page on a topic, its lines as they are in `ialog help`.
fn page_on(topic: &Topic) -> String {
    let name = name_of(topic);
    let mut page = Roff::new();
    page.control("TH", [name.as_str(), "7", "", SOURCE, MANUAL]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {}", topic.about))]);
    page.control("SH", ["DESCRIPTION"]);
    page.control("nf", []);
    // The first line is its title.
    for line in topic.text.lines().skip(2) {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page.control("SH", ["SEE ALSO"]);
    page.text([roman("ialog(1)")]);
    page.render()
}

fn name(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    name.replace(' ', "-")
}

fn name_of(topic: &Topic) -> String {
    format!("ialog-{}", topic.name)
}

/// Writes every page to the folder of its section, and gives back how many.
fn write_all(folder: &Path) -> io::Result<u64> {
    let [commands, topics] = ["man1", "man7"].map(|section| folder.join(section));
    fs::create_dir_all(&commands)?;
    fs::create_dir_all(&topics)?;
    let mut written = 0;
    write_below(&whole(), &commands, &mut written)?;
    for topic in &TOPICS {
        let place = topics.join(format!("{}.7", name_of(topic)));
        fs::write(place, page_on(topic))?;
        written += 1;
    }
    Ok(written)
}

/// The pages of a command and of all below it.
fn write_below(command: &Command, folder: &Path, written: &mut u64) -> io::Result<()> {
    let place = folder.join(format!("{}.1", name(command)));
    fs::write(place, page_of(command)?)?;
    *written += 1;
    let mut below = command.get_subcommands();
    below.try_for_each(|one| write_below(one, folder, written))
}
