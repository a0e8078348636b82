//! The time on the wall counts what else the machine does. The processor's time of this process does not, nor does it
//! count the server, which is another process.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Time since the start of something.
pub struct Stopwatch {
    cpu: Duration,
    wall: Instant,
}

/// What something took.
pub struct Spent {
    /// The processor's time of all threads of this process, in the program and in the system.
    pub cpu: Duration,
    /// The time on the wall.
    pub wall: Duration,
}

impl Stopwatch {
    /// Starts to count.
    pub fn start() -> Self {
        Self { cpu: process_time(), wall: Instant::now() }
    }

    /// What was spent since the start.
    pub fn spent(&self) -> Spent {
        Spent { cpu: process_time().saturating_sub(self.cpu), wall: self.wall.elapsed() }
    }
}

fn process_time() -> Duration {
    // A clock that counts from the start of the process is never negative.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
