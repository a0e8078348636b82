//! Help topics: texts that concern several commands. `ialog help NAME` shows a topic, and each topic is a page of the
//! manual.

/// A help topic.
pub(crate) struct Topic {
    /// The name as it is typed.
    pub(crate) name: &'static str,
    /// A summary in a few words.
    pub(crate) about: &'static str,
    pub(crate) text: &'static str,
}

/// The topics in the order in which they are listed.
pub(crate) static TOPICS: [Topic; 5] = [
    Topic { name: "times", about: "time ranges, durations and time zones", text: include_str!("times.txt") },
    Topic { name: "filters", about: "filter keys and matching rules", text: include_str!("filters.txt") },
    Topic {
        name: "exit-codes",
        about: "exit codes and error messages for scripts",
        text: include_str!("exit-codes.txt"),
    },
    Topic {
        name: "environment",
        about: "environment variables and configuration files",
        text: include_str!("environment.txt"),
    },
    Topic { name: "schemas", about: "output formats and their JSON Schemas", text: include_str!("schemas.txt") },
];

/// The topic with this name.
pub(crate) fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// The list of topics at the end of the help of the program.
pub(crate) fn list() -> String {
    let width = TOPICS.iter().map(|topic| topic.name.len()).max();
    let width = width.unwrap_or_default();
    let lines = TOPICS.iter().map(|Topic { name, about, .. }| format!("\n  ialog help {name:width$}  {about}"));
    let lines: String = lines.collect();
    format!("Help topics:{lines}")
}
