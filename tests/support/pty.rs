//! Runs a program on a pseudo-terminal of a given width and reads what the screen shows.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The output streams of a program that are connected to the terminal.
#[derive(Clone, Copy, PartialEq)]
pub enum TerminalStreams {
    /// Standard output; standard error is discarded.
    Stdout,
    /// Standard output and standard error.
    Both,
}

/// A pseudo-terminal and the program that runs on it.
pub struct Pty {
    ours: OwnedFd,
    child: Child,
}

impl Pty {
    /// Starts the program on a new terminal with `columns` columns.
    pub fn start(mut command: Command, what: TerminalStreams, columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        resize(&ours, columns);
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let stderr = match what {
            TerminalStreams::Stdout => Stdio::null(),
            TerminalStreams::Both => theirs.try_clone().unwrap().into(),
        };
        let child = command.stdout(theirs).stderr(stderr).spawn().unwrap();
        // Reading ends only when no process has the terminal open. `command` still holds a handle of the terminal, so
        // `command` is dropped here.
        drop(command);
        Self { ours, child }
    }

    /// Reads the next line.
    pub fn line(&self) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\n") && rustix::io::read(&self.ours, &mut byte).unwrap() > 0 {
            line.extend(byte);
        }
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    /// Sends the signal that a terminal sends for Ctrl-C.
    pub fn interrupt(&self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    }

    /// Reads all output until the program ends. Returns the output and the exit code.
    pub fn read(mut self) -> (String, Option<i32>) {
        let mut written = Vec::new();
        // Linux reports the end of a terminal as an error.
        let _ = File::from(self.ours).read_to_end(&mut written);
        let ended = self.child.wait().unwrap();
        (String::from_utf8(written).unwrap(), ended.code())
    }
}

fn resize(terminal: &OwnedFd, columns: u16) {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).unwrap();
}

/// The text that stays on the screen: erased lines are removed, colour codes are kept. Panics on any other control
/// sequence.
pub fn screen_text(written: &str) -> String {
    let lines = written.split_inclusive('\n').map(|line| {
        let line = line.replace("\r\n", "\n");
        let line = line.rsplit("\r\u{1b}[2K").next().unwrap().to_owned();
        let mut sequences = line.split('\u{1b}');
        let begin = sequences.next();
        for text in sequences {
            let (code, _) = text.split_once('m').unwrap_or_else(|| panic!("{text:?}"));
            let colour = |char: char| char.is_ascii_digit() || "[;".contains(char);
            assert!(code.chars().all(colour), "{text:?}");
        }
        let obeyed = |char: char| char.is_control() && !"\t\n\u{1b}".contains(char);
        assert!(begin.is_some() && !line.contains(obeyed), "{line:?}");
        line
    });
    lines.collect()
}
