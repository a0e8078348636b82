//! `ialog query`: which events there were, for people and for programs.

use ionos_activitylog::{ContractNumber, Event, Filter, FilterCounts};

use crate::cli::{Output, Query};
use crate::failure::Failure;
use crate::host::Host;
use crate::missed::Missed;
use crate::source::{Reading, Source, Taker};
use crate::table::{Style, Table, safe_json};
use crate::view::{
    Arrangement, Clock, Column, Found, Printer, Values, fold, tabular, value_json, value_row, value_table,
};
use crate::zone;

/// So much is written at once.
const CHUNK: usize = 1 << 16;

pub(crate) async fn run(arguments: &Query, host: &mut Host<'_>) -> Result<(), Failure> {
    arguments.asked.check()?;
    let filter = arguments.filters.filter()?;
    let plan = Plan::new(arguments, host)?;
    let zone = zone::choose(&arguments.asked.zone, host)?;
    let clock = Clock { zone, now: host.clock.now() };
    let source = Source::open(&arguments.asked, zone, host).await?;
    let mut asked = Answer {
        missed: Missed::new(&filter),
        kept: Vec::new(),
        values: Values::default(),
        chunk: plan.printer().map_or_else(String::new, Printer::begin),
        closed: false,
        plan,
    };
    let reading = source.read(&filter, &mut asked, host).await?;
    let counts = reading.counts;
    if reading.is_lost() {
        return reading.verdict(host);
    }
    asked.end(&filter, counts, clock, host)?;
    verdict(reading, arguments.exit_status, counts, host)
}

fn verdict(reading: Reading, exit_status: bool, counts: FilterCounts, host: &mut Host<'_>) -> Result<(), Failure> {
    reading.verdict(host)?;
    if exit_status && counts.kept == 0 {
        return Err(Failure::nothing_matched());
    }
    Ok(())
}

/// What is done with the events.
enum Form {
    /// Only how many there are.
    Count,
    /// The values of a column.
    Values(Column, Output),
    /// A table of columns.
    Table(Vec<Column>, Output),
    /// One of the forms for programs.
    Print(Printer),
}

struct Plan {
    form: Form,
    folds: bool,
    arrangement: Arrangement,
    style: Style,
    shown: bool,
}

impl Plan {
    fn new(arguments: &Query, host: &Host<'_>) -> Result<Self, Failure> {
        let shape = &arguments.shape;
        shape.check()?;
        let (output, shown) = (shape.output, host.terminal.shown);
        let table = shape.is_table();
        let columns = |default: &[Column]| Column::all_named(&shape.cols, default, table);
        let form = if shape.count {
            Form::Count
        } else if let Some(name) = &shape.list_values {
            Form::Values(Column::named(name, table)?, output)
        } else if let Some(expression) = &shape.jq {
            Form::Print(Printer::jq(expression, shown)?)
        } else {
            match output {
                Output::Table => Form::Table(columns(&Column::TABLE)?, output),
                Output::Wide => Form::Table(columns(&Column::WIDE)?, output),
                Output::Ndjson => Form::Print(Printer::ndjson(columns(&[])?, shown)),
                Output::Json => Form::Print(Printer::json(columns(&[])?, shown)),
                Output::Csv => {
                    let columns = columns(&Column::flat())?;
                    Form::Print(Printer::csv(columns, !shape.no_headers, shown))
                }
                Output::Template => {
                    let template = shape.template.as_deref().unwrap_or_default();
                    Form::Print(Printer::template(template, shown)?)
                }
            }
        };
        Ok(Self {
            form,
            folds: shape.folds(),
            arrangement: Arrangement::new(&shape.sort, shape.limit, table)?,
            style: Style {
                room: host.terminal.columns.filter(|_| output == Output::Table),
                looks: arguments.colour.used(host.terminal.colours),
                titles: !shape.no_headers,
            },
            shown,
        })
    }

    fn printer(&self) -> Option<&Printer> {
        match &self.form {
            Form::Print(printer) => Some(printer),
            _ => None,
        }
    }

    /// Whether events are written as they come.
    fn streams(&self) -> bool {
        self.printer().is_some() && !self.folds && self.arrangement.is_none()
    }
}

/// What was found so far.
struct Answer {
    plan: Plan,
    missed: Missed,
    kept: Vec<Found>,
    values: Values,
    chunk: String,
    /// Whether the reader has seen enough.
    closed: bool,
}

impl Taker for Answer {
    fn see(&mut self, event: &Event) {
        self.missed.see(event);
    }

    fn take(&mut self, contract: &ContractNumber, event: Event, host: &mut Host<'_>) -> Result<bool, Failure> {
        self.missed.found();
        let found = Found::one(contract.clone(), event);
        let streams = self.plan.streams();
        match &mut self.plan.form {
            _ if self.plan.folds => self.kept.push(found),
            Form::Count => {}
            Form::Values(column, _) => self.values.add(column.values(&found)),
            Form::Print(printer) if streams => {
                self.chunk += &printer.event(&found)?;
                if self.chunk.len() >= CHUNK {
                    self.write(host)?;
                }
            }
            _ => self.keep(found),
        }
        Ok(!self.closed)
    }
}

impl Answer {
    /// Keeps an event for later, and no more than a few times as many as are wanted.
    fn keep(&mut self, found: Found) {
        /// Sorting costs little when it is seldom.
        const TIMES: usize = 4;
        const SOME: usize = 1000;
        self.kept.push(found);
        let most = self.plan.arrangement.limit();
        if most.is_some_and(|most| self.kept.len() > TIMES.saturating_mul(most).saturating_add(SOME)) {
            self.plan.arrangement.arrange(&mut self.kept);
        }
    }

    fn write(&mut self, host: &mut Host<'_>) -> Result<(), Failure> {
        self.closed = self.closed || !host.pipe(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }

    fn end(mut self, filter: &Filter, counts: FilterCounts, clock: Clock, host: &mut Host<'_>) -> Result<(), Failure> {
        let mut found = std::mem::take(&mut self.kept);
        if self.plan.folds {
            found = fold(found);
        }
        let all = if self.plan.folds { found.len() as u64 } else { counts.kept };
        if matches!(self.plan.form, Form::Count) {
            self.chunk = format!("{all}\n");
            return self.finish(filter, counts, all, all, host);
        }
        if let Form::Values(column, output) = self.plan.form {
            for one in &found {
                self.values.add(column.values(one));
            }
            let (text, shown) = self.values_text(output);
            self.chunk = text;
            say_values(shown, self.values.sorted().len(), host);
            return self.finish(filter, counts, all, all, host);
        }
        let streams = self.plan.streams();
        self.plan.arrangement.arrange(&mut found);
        let shown = if streams { all } else { found.len() as u64 };
        match &mut self.plan.form {
            Form::Table(columns, output) => {
                let mut columns = columns.clone();
                // Nothing went wrong, so there is nothing to say about it.
                if *output == Output::Table && found.iter().all(|one| one.detail.is_none()) {
                    columns.retain(|column| *column != Column::Detail);
                }
                if !found.is_empty() {
                    let table = tabular(&found, &columns, clock, *output == Output::Wide);
                    self.chunk = render(&table, self.plan.style, host);
                }
            }
            Form::Print(printer) => {
                for one in &found {
                    self.chunk += &printer.event(one)?;
                }
                self.chunk += printer.end();
            }
            Form::Count | Form::Values(..) => {}
        }
        self.finish(filter, counts, all, shown, host)
    }

    /// Writes what is left, and says how many of how many it was.
    fn finish(
        mut self,
        filter: &Filter,
        counts: FilterCounts,
        all: u64,
        shown: u64,
        host: &mut Host<'_>,
    ) -> Result<(), Failure> {
        if !self.closed {
            self.write(host)?;
        }
        if self.closed {
            return Ok(());
        }
        let mut said = if filter.is_empty() { super::counted(counts.seen, "event") } else { format!("{counts} match") };
        if self.plan.folds && all != counts.kept {
            said += &format!(", folded into {}", super::counted(all, "operation"));
        }
        if shown < all {
            said += &format!(", showing {shown} of {all}");
        }
        host.say(said);
        if let Some(hint) = self.missed.hint() {
            host.say(hint);
        }
        Ok(())
    }

    /// The values in the form that was asked for, and how many of them.
    fn values_text(&self, output: Output) -> (String, usize) {
        let mut values = self.values.sorted();
        values.truncate(self.plan.arrangement.limit().unwrap_or(usize::MAX));
        let objects = || {
            values.iter().map(|(value, events)| {
                let object = value_json(value, *events);
                if self.plan.shown { safe_json(&object) } else { object }
            })
        };
        let text = match output {
            Output::Table | Output::Wide => value_table(&values).render(self.plan.style).0,
            Output::Ndjson => objects().map(|object| object + "\n").collect(),
            Output::Json => format!("[\n{}\n]\n", objects().collect::<Vec<_>>().join(",\n")),
            Output::Csv | Output::Template => {
                let titles = self.plan.style.titles.then_some(("value", "events".to_owned()));
                let rows = values.iter().map(|(value, events)| (*value, events.to_string()));
                let rows = titles.into_iter().chain(rows);
                rows.map(|(value, events)| value_row(value, events, self.plan.shown)).collect()
            }
        };
        (text, values.len())
    }
}

fn say_values(shown: usize, all: usize, host: &mut Host<'_>) {
    if shown < all {
        host.say(format_args!("showing {shown} of {all} values"));
    }
}

/// The lines of a table, and a word on columns for which there was no room.
pub(crate) fn render(table: &Table, style: Style, host: &mut Host<'_>) -> String {
    let (text, left_out) = table.render(style);
    if !left_out.is_empty() {
        host.say(format_args!(
            "the terminal is too narrow for {}: -o wide shows all, --cols others",
            left_out.join(", ")
        ));
    }
    text
}
