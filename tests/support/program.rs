//! Runs the program as a user does. A test passes arguments, and checks the output, the exit code and the files.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use xtask::simulator_process::SimulatorProcess;

/// The commands of `ialog`, in the order of its help.
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

/// The program with these arguments, started in `folder` with an environment that holds no setting of this machine.
pub fn ialog(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ialog-under-test"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", "/no-home")
        .env("XDG_CACHE_HOME", "/dev/null")
        .stdin(Stdio::null());
    command
}

/// Runs the program against the simulated service `world`, see `program_under_test.rs`.
pub fn run_in_world(folder: &Path, world: &str, arguments: &[&str]) -> Printed {
    let mut command = ialog(folder, arguments);
    command.env("IALOG_TEST_WORLD", world);
    run(command)
}

/// The same command, started by a shell that first runs `preparation`, such as `umask 022`. A shell is used because a
/// test would need `unsafe` code to run the preparation in the new process.
#[cfg(unix)]
pub fn prepared_by_shell(preparation: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{preparation}; exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear().stdin(Stdio::null());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

/// The same command, but without the privilege of root to read files whose permissions forbid it. `None` if this test
/// has the privilege and cannot drop it.
#[cfg(unix)]
pub fn without_privilege(command: &Command) -> Option<Command> {
    if !rustix::process::geteuid().is_root() {
        return Some(prepared_by_shell(":", command));
    }
    let mut tool = Command::new("setpriv");
    let dropped = ["--bounding-set", "-dac_override,-dac_read_search"];
    let works = tool.args(dropped).arg("true").output().is_ok_and(|output| output.status.success());
    // The shell expands `$0` and `$@` to the command.
    let preparation = format!("exec setpriv {} \"$0\" \"$@\"", dropped.join(" "));
    works.then(|| prepared_by_shell(&preparation, command))
}

/// The output of a program that ended.
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

/// Runs a command to its end.
pub fn run(mut command: Command) -> Printed {
    command.output().unwrap().into()
}

/// The names of the entries of a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Starts `ialog sim` with these flags in `folder`.
pub fn start_simulator(folder: &Path, flags: &[&str]) -> SimulatorProcess {
    SimulatorProcess::start(ialog(folder, &[]), flags).unwrap()
}

/// A local address that refuses connections. The address stays bound as long as this value lives, so no other process
/// can listen there.
pub struct ClosedPort {
    _socket: tokio::net::TcpSocket,
    pub address: std::net::SocketAddr,
}

impl ClosedPort {
    pub fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { _socket: socket, address }
    }
}
