//! `ialog man`: the manual, made from the same description of the command line as the help. Pages have no date, so they
//! change only when the program does.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man as Page;

use crate::cli::{Cli, Man};
use crate::failure::Failure;
use crate::host::Host;
use crate::suggest;

pub(crate) fn run(arguments: &Man, host: &mut Host<'_>) -> Result<(), Failure> {
    let program = whole();
    if let Some(folder) = &arguments.out {
        let mut written = 0;
        write_all(&program, folder, &mut written).map_err(|error| {
            Failure::usage(format!(
                "the folder {} cannot be written to ({error}): choose another",
                folder.display()
            ))
        })?;
        let pages = super::counted(written, "page");
        host.say(format_args!("{pages} written to {}", folder.display()));
        return Ok(());
    }
    let mut command = &program;
    for name in &arguments.command {
        let mut below = command.get_subcommands();
        command = below.find(|one| one.get_name() == name).ok_or_else(|| {
            let guess = suggest::guess(name, command.get_subcommands().map(Command::get_name));
            Failure::usage(format!(
                "there is no command {name:?}{guess}: see `{} --help`",
                command.get_bin_name().unwrap_or("ialog")
            ))
        })?;
    }
    let page = page(command).map_err(|error| Failure::unexpected(error.to_string()))?;
    host.print(&page)
}

/// The program with the full names of its commands.
fn whole() -> Command {
    let mut program = Cli::shown();
    program.build();
    program
}

/// The page of one command. Its name has no space, as the names of pages have none.
fn page(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    let command = command.clone().display_name(name(command));
    // Without a version and a date, which would change every page with every release.
    Page::new(command)
        .source("ialog")
        .manual("ialog manual")
        .render(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}

fn name(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    name.replace(' ', "-")
}

/// The pages of a command and of all below it.
fn write_all(command: &Command, folder: &Path, written: &mut u64) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let place = folder.join(format!("{}.1", name(command)));
    fs::write(place, page(command)?)?;
    *written += 1;
    let mut below = command.get_subcommands();
    below.try_for_each(|one| write_all(one, folder, written))
}
