//! Running the program as a user does: arguments in, streams, exit code and files out.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

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
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// `ialog sim` on a free port, ended when it is dropped.
pub struct Sim {
    child: Child,
    pub url: String,
    pub token: String,
}

impl Sim {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = ialog(folder, &["sim", "--port", "0"]);
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut url, mut export) = (String::new(), String::new());
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut export)
            .unwrap();
        let (_, word) = export.trim_end().split_once("IONOS_TOKEN=").unwrap();
        Self {
            child,
            url: url.trim_end().to_owned(),
            token: unquoted(word),
        }
    }
}

/// What a shell makes of a word: itself, or what is between single quotes.
fn unquoted(word: &str) -> String {
    match word.strip_prefix('\'') {
        Some(quoted) => quoted.strip_suffix('\'').unwrap().replace(r"'\''", "'"),
        None => word.to_owned(),
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
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
        Self {
            _socket: socket,
            address,
        }
    }
}
