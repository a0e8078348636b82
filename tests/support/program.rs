//! Running the program as a user does: arguments in, streams, exit code and files out.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use xtask::simulator_process::SimulatorProcess;

/// What can be typed behind `ialog`, in the order of its help.
pub const COMMANDS: [&str; 17] = [
    "contracts",
    "query",
    "show",
    "trace",
    "stats",
    "export",
    "verify",
    "cat",
    "convert",
    "state",
    "whoami",
    "doctor",
    "schema",
    "sim",
    "completion",
    "man",
    "help",
];

/// The program in a folder, with no setting from outside.
pub fn ialog(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ialog-under-test"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        // Otherwise the settings of whoever runs the tests would count.
        .env("HOME", "/no-home")
        // Nothing is kept in it, and nothing can be.
        .env("XDG_CACHE_HOME", "/dev/null")
        .stdin(Stdio::null());
    command
}

/// What the program printed, as text.
pub struct Printed {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the program to its end.
pub fn run(mut command: Command) -> Printed {
    command.output().unwrap().into()
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// `ialog sim` with these flags, from a folder.
pub fn serving(folder: &Path, flags: &[&str]) -> SimulatorProcess {
    SimulatorProcess::start(ialog(folder, &[]), flags).unwrap()
}

/// An address at which nobody listens as long as this is kept: bound, so that nobody else can be there.
pub struct Nobody {
    _socket: tokio::net::TcpSocket,
    pub address: std::net::SocketAddr,
}

impl Nobody {
    pub fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { _socket: socket, address }
    }
}
