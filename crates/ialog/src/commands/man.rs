//! `ialog man`: the manual, generated from the description of the command line and from the help topics.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};
use ionos_activitylog::internal::did_you_mean;
use ionos_activitylog_archive::AtomicFile;

use crate::args::service::NoAccountArgs;
use crate::commands::Cli;
use crate::commands::topics::{self, TOPICS, Topic};
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
    /// Command or topic, such as query, state show or times [default: the page of ialog]
    #[arg(value_name = "COMMAND|TOPIC")]
    pub(crate) about: Vec<String>,

    /// Write all pages to man1 and man7 in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "about")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) no_account: NoAccountArgs,
}

/// The name of the program, which the footer of each page shows as the source.
const SOURCE: &str = "ialog";
/// The name of the manual, in the header of each page.
const MANUAL: &str = "ialog manual";

pub(crate) fn run(args: &ManArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(folder) = &args.out {
        let written = write_all(&program(), folder).map_err(|error| {
            CommandError::usage(
                format!("cannot write to the folder {} ({error})", folder.display()),
                "choose another folder",
            )
        })?;
        let pages = format_count(written, "page");
        context.info(format_args!("{pages} written to {}", folder.display()));
        return Ok(());
    }
    if let [name] = args.about.as_slice()
        && let Some(topic) = topics::find(name)
    {
        return context.print_data(topic_page(topic));
    }
    let program = program();
    let mut command = &program;
    for name in &args.about {
        let mut subcommands = command.get_subcommands();
        command = subcommands.find(|one| one.get_name() == name).ok_or_else(|| {
            let commands = command.get_subcommands().map(Command::get_name);
            let topics = TOPICS.iter().map(|topic| topic.name);
            let known: Vec<&str> = if command.get_name() == program.get_name() {
                commands.chain(topics).collect()
            } else {
                commands.collect()
            };
            CommandError::usage(
                format!("no man page for {name:?}{}", did_you_mean(name, known.iter().copied())),
                match known.as_slice() {
                    [] => "remove it".to_owned(),
                    known => format!("valid names are {}", known.join(", ")),
                },
            )
        })?;
    }
    let page = command_page(command).map_err(|error| CommandError::bug(error.to_string()))?;
    context.print_data(page)
}

/// The description of the program, in which each command has its full name, such as `ialog state show`.
fn program() -> Command {
    let mut program = Cli::visible_command();
    program.build();
    program
}

/// The page of a command. The name of the page has hyphens instead of spaces, as in `ialog-state-show`.
fn command_page(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    let command = command.clone().display_name(page_name(command));
    // The footer has no version and no date, so that a new version does not change every page.
    Page::new(command).source(SOURCE).manual(MANUAL).render(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}

/// The page of a topic. Keeps the line breaks of the topic's text.
fn topic_page(topic: &Topic) -> String {
    let name = topic_page_name(topic);
    let mut page = Roff::new();
    page.control("TH", [name.as_str(), "7", "", SOURCE, MANUAL]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {}", topic.about))]);
    page.control("SH", ["DESCRIPTION"]);
    page.control("nf", []);
    // Skips the title and the empty line below the title.
    for line in topic.text.lines().skip(2) {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page.control("SH", ["SEE ALSO"]);
    page.text([roman("ialog(1)")]);
    page.render()
}

fn page_name(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    name.replace(' ', "-")
}

fn topic_page_name(topic: &Topic) -> String {
    format!("ialog-{}", topic.name)
}

/// Writes every page to the folder of its section. Returns the number of pages.
fn write_all(program: &Command, folder: &Path) -> io::Result<u64> {
    let [commands, topics] = ["man1", "man7"].map(|section| folder.join(section));
    fs::create_dir_all(&commands)?;
    fs::create_dir_all(&topics)?;
    let mut written = 0;
    write_command_pages(program, &commands, &mut written)?;
    for topic in &TOPICS {
        let path = topics.join(format!("{}.7", topic_page_name(topic)));
        write_page(&path, &topic_page(topic))?;
        written += 1;
    }
    Ok(written)
}

/// Writes a page to a new file that takes the place of an old one. If the old file has a second name (a hard link), its
/// content stays unchanged under this name.
fn write_page(path: &Path, page: &str) -> io::Result<()> {
    let mut file = AtomicFile::create(path, true).map_err(io::Error::other)?;
    file.write_all(page.as_bytes())?;
    file.commit().map_err(io::Error::other)
}

/// Writes the pages of a command and of its subcommands.
fn write_command_pages(command: &Command, folder: &Path, written: &mut u64) -> io::Result<()> {
    let path = folder.join(format!("{}.1", page_name(command)));
    write_page(&path, &command_page(command)?)?;
    *written += 1;
    let mut subcommands = command.get_subcommands();
    subcommands.try_for_each(|one| write_command_pages(one, folder, written))
}
