//! `ialog whoami`: shows the identity in use and where each setting comes from. Sends no request.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use clap::Args;
use ionos_activitylog::{Claims, Client, Origin, Setting};
use serde_json::{Value, json};

use crate::args::output::{ReportArgs, ReportFormat};
use crate::args::service::{AccountArgs, ServiceArgs};
use crate::args::zone::{ZoneArgs, resolve_zone};
use crate::error::CommandError;
use crate::output::duration::format_relative;
use crate::output::styled_text::{StyledText, TextStyle};
use crate::output::table::{Cell, ColumnSpec, Table, TableOptions};
use crate::output::width::Truncation;
use crate::output::wrap::labelled_text;
use crate::runtime::context::Context;
use crate::service::account;

#[derive(Args)]
#[command(after_help = "\
Works offline: the claims of the token are decoded, not verified. A secret that is set is shown as [set]. Use \
`ialog doctor` to check access to the service.

Examples:
  ialog whoami
  ialog whoami --provenance
  ialog whoami -o json")]
pub(crate) struct WhoamiArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    /// List every setting, including unset ones and values that were overridden
    #[arg(long)]
    pub(crate) provenance: bool,

    #[command(flatten)]
    pub(crate) zone: ZoneArgs,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

pub(crate) fn run(args: &WhoamiArgs, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.report.color.apply(&mut context.terminal);
    let zone = resolve_zone(&args.zone, context)?;
    let now = context.clock.now();
    let service = ServiceArgs { account: args.account.clone(), ..ServiceArgs::default() };
    let settings = account::builder(&service, now, context)?.settings()?;
    // The settings are shown even if no client can be built from them. In this case, the error of the client is
    // returned after the output.
    let client = account::connect(&service, now, context);
    let identity = Identity { settings: &settings, client: client.as_ref().ok(), now, zone };
    match args.report.output {
        ReportFormat::Json => context.print_data(identity.json())?,
        ReportFormat::Table => {
            let text = identity.table(args.provenance, context.terminal.columns);
            context.print(text)?;
        }
    }
    client.map(drop)
}

/// The settings, and the client that was built from them.
struct Identity<'a> {
    settings: &'a [Setting],
    /// `None` if no client can be built from the settings.
    client: Option<&'a Client>,
    now: DateTime<Utc>,
    zone: Tz,
}

impl Identity<'_> {
    fn claims(&self) -> Option<Claims> {
        self.client?.claims()
    }

    fn json(&self) -> String {
        let describe = |setting: &Setting| json!({"value": value(setting), "source": source(setting)});
        let settings: Vec<Value> = self
            .settings
            .iter()
            .map(|setting| {
                let overruled: Vec<Value> = setting.overridden().iter().map(describe).collect();
                let mut described = json!({"name": setting.name(), "overruled": overruled});
                if let (Some(members), Value::Object(value_and_source)) = (described.as_object_mut(), describe(setting))
                {
                    members.extend(value_and_source);
                }
                described
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
        let mut identity = json!({
            "settings": settings,
            "default_contract": contract.map(|contract| contract.to_string()),
            "token": token,
        });
        // The order of members must not depend on features of serde_json.
        identity.sort_all_objects();
        format!("{identity:#}\n")
    }

    fn table(&self, provenance: bool, max_width: Option<usize>) -> StyledText {
        let is_shown = |setting: &&Setting| {
            let always = ["credentials", "API address"];
            provenance || setting.origin() != &Origin::Default || always.contains(&setting.name())
        };
        let mut rows = Vec::new();
        for setting in self.settings.iter().filter(is_shown) {
            rows.push(setting_row(setting, TextStyle::Plain, ""));
            if provenance {
                let overridden = setting.overridden().iter();
                rows.extend(overridden.map(|other| setting_row(other, TextStyle::Dim, " (overridden)")));
            }
        }
        let column = |title, min_width, truncation| ColumnSpec {
            title,
            note: None,
            min_width,
            importance: None,
            truncation,
            align_right: false,
        };
        let table = Table {
            columns: vec![
                column("setting", 8, Truncation::End),
                column("value", 16, Truncation::Middle),
                column("source", 12, Truncation::Middle),
            ],
            rows,
        };
        let (mut out, _) = table.render(TableOptions { max_width, has_titles: true });
        let claims = self.token();
        if claims.is_empty() {
            return out;
        }
        out.push("\n");
        out.push_styled("TOKEN CLAIMS", TextStyle::Bold);
        out.push("\n");
        for (label, text) in claims {
            out.append(&labelled_text(label, TextStyle::Plain, &text, 10, max_width));
        }
        out
    }

    /// The claims of the token, as a label and a text for each line; empty without a token.
    fn token(&self) -> Vec<(&'static str, String)> {
        let Some(claims) = self.claims() else {
            let is_token = |setting: &Setting| setting.name() == "credentials" && setting.value().starts_with("token");
            let is_opaque = self.client.is_some() && self.settings.iter().any(is_token);
            let nothing = "none: the token is opaque";
            return match is_opaque {
                true => vec![("claims", nothing.to_owned())],
                false => Vec::new(),
            };
        };
        let not_said = || "unknown".to_owned();
        let ends = claims.expires_at.map(|time| {
            let local = time.with_timezone(&self.zone);
            let local = local.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            format!("{} ({})", local.replace("+00:00", "Z"), format_relative(time, self.now))
        });
        let reads = match claims.may_read_log() {
            Some(true) => "yes",
            Some(false) => "no: the user lacks the privilege ACCESS_ACTIVITY_LOG",
            None => "unknown",
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
            ("contract", contract.unwrap_or_else(not_said)),
            ("user", claims.user.unwrap_or_else(not_said)),
            ("role", claims.role.unwrap_or_else(not_said)),
            ("id", claims.token_id.unwrap_or_else(not_said)),
            ("expires", ends.unwrap_or_else(not_said)),
            ("privileges", privileges.unwrap_or_else(not_said)),
            ("log access", reads.to_owned()),
        ]
    }
}

/// The value of a setting, with `[set]` instead of a secret.
fn value(setting: &Setting) -> String {
    setting.value().replace("[redacted]", "[set]")
}

/// The source of a setting. A profile with the origin `Program` is shown as `--profile`, because ialog sets a profile
/// only from this flag.
fn source(setting: &Setting) -> String {
    match (setting.name(), setting.origin()) {
        ("profile", Origin::Program) => "--profile".to_owned(),
        (_, origin) => origin.to_string(),
    }
}

fn setting_row(setting: &Setting, style: TextStyle, note: &str) -> Vec<Cell> {
    let source = source(setting) + note;
    [setting.name(), &value(setting), &source].map(|text| Cell::new(text, style)).to_vec()
}
