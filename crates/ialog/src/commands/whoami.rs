//! `ialog whoami`: as whom the program would ask, and who says so. Nothing is asked of the service.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use clap::Args;
use ionos_activitylog::{Claims, Client, Origin, Setting};
use serde_json::{Value, json};

use crate::args::output::{ReportArgs, ReportFormat};
use crate::args::service::{AccountArgs, ServiceArgs};
use crate::args::zone;
use crate::args::zone::ZoneArgs;
use crate::error::CommandError;
use crate::output::duration::ago;
use crate::output::labelled::labelled;
use crate::output::table::{Cell, ColumnSpec, Table, TableOptions, TextStyle};
use crate::output::text::{Truncation, safe_json};
use crate::runtime::context::Context;
use crate::service::account;

#[derive(Args)]
#[command(after_help = "\
Nothing is asked of the service: what the token says of itself is read and not verified. A secret that is set is shown \
as [set]. `ialog doctor` asks the service.

Examples:
  ialog whoami
  ialog whoami --provenance
  ialog whoami -o json")]
pub(crate) struct WhoamiArgs {
    #[command(flatten)]
    pub(crate) whose: AccountArgs,

    /// List every setting, also those that nobody set, and what other sources say that does not count
    #[arg(long)]
    pub(crate) provenance: bool,

    #[command(flatten)]
    pub(crate) zone: ZoneArgs,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

pub(crate) fn run(arguments: &WhoamiArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    let zone = zone::choose(&arguments.zone, context)?;
    let now = context.clock.now();
    let account = ServiceArgs { whose: arguments.whose.clone(), ..ServiceArgs::default() };
    let settings = account::builder(&account, now, context)?.settings()?;
    // Settings are worth showing above all where they are not enough for a client.
    let client = account::connect(&account, now, context);
    let who = Identity { settings: &settings, client: client.as_ref().ok(), now, zone };
    let text = match arguments.report.output {
        ReportFormat::Json if context.terminal.shown => safe_json(&who.json()),
        ReportFormat::Json => who.json(),
        ReportFormat::Table => who.table(
            arguments.provenance,
            context.terminal.columns,
            arguments.report.colour.used(context.terminal.colours),
        ),
    };
    context.print(&text)?;
    client.map(drop)
}

/// What is known.
struct Identity<'a> {
    settings: &'a [Setting],
    /// None where the settings are not enough.
    client: Option<&'a Client>,
    now: DateTime<Utc>,
    zone: Tz,
}

impl Identity<'_> {
    fn claims(&self) -> Option<Claims> {
        self.client?.claims()
    }

    fn json(&self) -> String {
        let one = |setting: &Setting| json!({"value": value(setting), "source": source(setting)});
        let settings: Vec<Value> = self
            .settings
            .iter()
            .map(|setting| {
                let overruled: Vec<Value> = setting.overridden().iter().map(one).collect();
                let mut told = json!({"name": setting.name(), "overruled": overruled});
                if let (Some(told), Value::Object(one)) = (told.as_object_mut(), one(setting)) {
                    told.extend(one);
                }
                told
            })
            .collect();
        let token = self.claims().map(|claims| {
            json!({
                "contract": claims.contract.as_ref().map(ToString::to_string),
                "expires_at": claims.expires_at.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
                "expires_in_seconds": claims.expires_at.map(|time| (time - self.now).num_seconds()),
                "user": claims.user,
                "role": claims.role,
                "token_id": claims.token_id,
                "privileges": claims.privileges,
                "may_read_log": claims.may_read_log(),
            })
        });
        let contract = self.client.and_then(Client::default_contract);
        let mut who = json!({
            "settings": settings,
            "default_contract": contract.map(|contract| contract.to_string()),
            "token": token,
        });
        // Otherwise the order would depend on how the program was built.
        who.sort_all_objects();
        format!("{who:#}\n")
    }

    fn table(&self, provenance: bool, room: Option<usize>, looks: bool) -> String {
        let shown = |setting: &&Setting| {
            let always = ["credentials", "API address"];
            provenance || setting.origin() != &Origin::Default || always.contains(&setting.name())
        };
        let mut rows = Vec::new();
        for setting in self.settings.iter().filter(shown) {
            rows.push(row(setting, TextStyle::Plain, ""));
            if provenance {
                let overruled = setting.overridden().iter();
                rows.extend(overruled.map(|other| row(other, TextStyle::Dim, " (overruled)")));
            }
        }
        let head = |title, least, cut| ColumnSpec { title, least, importance: None, cut, right: false };
        let table = Table {
            heads: vec![
                head("setting", 8, Truncation::End),
                head("value", 16, Truncation::Middle),
                head("source", 12, Truncation::Middle),
            ],
            rows,
        };
        let style = TableOptions { room, looks, titles: true };
        let (mut out, _) = table.render(style);
        let told = self.token();
        if told.is_empty() {
            return out;
        }
        let title = "TOKEN, AS IT SAYS OF ITSELF";
        out += &format!("\n{}\n", TextStyle::Bold.on(title, looks));
        for (label, text) in told {
            out += &labelled(label, TextStyle::Plain, &text, (10, room, looks));
        }
        out
    }

    /// What the token says, line by line; nothing where there is no token.
    fn token(&self) -> Vec<(&'static str, String)> {
        let Some(claims) = self.claims() else {
            let token = |setting: &Setting| setting.name() == "credentials" && setting.value().starts_with("token");
            let opaque = self.client.is_some() && self.settings.iter().any(token);
            let nothing = "nothing: only the service knows whose it is and when it ends";
            return match opaque {
                true => vec![("says", nothing.to_owned())],
                false => Vec::new(),
            };
        };
        let unsaid = || "not said".to_owned();
        let ends = claims.expires_at.map(|time| {
            let local = time.with_timezone(&self.zone);
            let local = local.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            format!("{} ({})", local.replace("+00:00", "Z"), ago(time, self.now))
        });
        let reads = match claims.may_read_log() {
            Some(true) => "yes",
            Some(false) => "no: its user lacks the privilege ACCESS_ACTIVITY_LOG",
            None => "not said",
        };
        let privileges = claims.privileges.map(|mut privileges| {
            privileges.sort_unstable();
            match privileges.is_empty() {
                true => "none".to_owned(),
                false => privileges.join(", "),
            }
        });
        let contract = claims.contract.map(|contract| contract.to_string());
        vec![
            ("contract", contract.unwrap_or_else(unsaid)),
            ("user", claims.user.unwrap_or_else(unsaid)),
            ("role", claims.role.unwrap_or_else(unsaid)),
            ("id", claims.token_id.unwrap_or_else(unsaid)),
            ("ends", ends.unwrap_or_else(unsaid)),
            ("privileges", privileges.unwrap_or_else(unsaid)),
            ("reads logs", reads.to_owned()),
        ]
    }
}

/// The value as it is shown: that a secret is there, and nothing of it.
fn value(setting: &Setting) -> String {
    setting.value().replace("[redacted]", "[set]")
}

/// Where it comes from, in words that a person finds in their own setup: nobody who typed a profile wrote a program.
fn source(setting: &Setting) -> String {
    match (setting.name(), setting.origin()) {
        ("profile", Origin::Program) => "--profile".to_owned(),
        (_, origin) => origin.to_string(),
    }
}

fn row(setting: &Setting, look: TextStyle, note: &str) -> Vec<Cell> {
    let source = source(setting) + note;
    [setting.name(), &value(setting), &source].map(|text| Cell::new(text, look)).to_vec()
}
