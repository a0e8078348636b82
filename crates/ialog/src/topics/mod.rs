//! What concerns several commands is explained once, and not in the help of each.

/// A text that `ialog help` shows.
pub(crate) struct Topic {
    /// As it is typed.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// In the order in which they are listed.
pub(crate) const TOPICS: [Topic; 5] = [
    Topic {
        name: "times",
        text: include_str!("times.txt"),
    },
    Topic {
        name: "filters",
        text: include_str!("filters.txt"),
    },
    Topic {
        name: "exit-codes",
        text: include_str!("exit-codes.txt"),
    },
    Topic {
        name: "environment",
        text: include_str!("environment.txt"),
    },
    Topic {
        name: "schemas",
        text: include_str!("schemas.txt"),
    },
];
