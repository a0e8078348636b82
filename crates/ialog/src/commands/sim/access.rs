//! Flags about access: tokens, passwords and privileges.

use chrono::TimeDelta;
use clap::Args;
use clap::builder::{StringValueParser, TypedValueParser};
use ionos_activitylog_sim::{ForeignContract, parse_duration};

use super::one_of;
use crate::error::CommandError;

#[derive(Args)]
pub(crate) struct AccessArgs {
    /// Plain token that can read every contract
    #[arg(long, value_name = "TEXT", default_value = ionos_activitylog_sim::DEFAULT_TOKEN)]
    pub(crate) token: String,

    /// Print an unsigned JSON Web Token for the first contract, with the vendor's claims, instead of the plain token
    #[arg(long)]
    pub(crate) jwt: bool,

    /// Lifetime of the JSON Web Token
    #[arg(long, value_name = "LENGTH", requires = "jwt", value_parser = parse_duration)]
    pub(crate) token_lifetime: Option<TimeDelta>,

    /// Issue the JSON Web Token for a reseller who can read all contracts
    #[arg(long, requires = "jwt")]
    pub(crate) reseller: bool,

    /// Issue the JSON Web Token without the privilege to read the log
    #[arg(long, requires = "jwt")]
    pub(crate) no_privilege: bool,

    /// Accept this user name and password; repeatable
    #[arg(long, value_name = "USER:PASSWORD", value_parser = StringValueParser::new().map(BasicCredentials::from))]
    pub(crate) basic: Vec<BasicCredentials>,

    /// Refuse user names and passwords (two-factor authentication)
    #[arg(long)]
    pub(crate) two_factor: bool,

    /// Revoke the plain token after this many requests
    #[arg(long, value_name = "REQUESTS")]
    pub(crate) revoke_after: Option<u64>,

    /// errorCode of every 403
    #[arg(long, value_name = "CODE", default_value = ionos_activitylog_sim::FORBIDDEN_CODE)]
    pub(crate) forbidden_code: String,

    /// Response for a contract that the token cannot read
    #[arg(long, value_name = "HOW", default_value_t, value_parser = one_of::<ForeignContract>(ForeignContract::NAMES))]
    pub(crate) foreign_contract: ForeignContract,

    /// Require a token for the API information, too
    #[arg(long)]
    pub(crate) info_needs_token: bool,
}

/// A user name and a password as they were typed. [`Self::parts`] separates them after clap has accepted the text,
/// because an error of clap would show the password. The type does not implement `Debug`, so that the password cannot
/// be printed.
#[derive(Clone)]
pub(crate) struct BasicCredentials(String);

impl BasicCredentials {
    /// The user name and the password. Fails without a colon or without a user name.
    pub(crate) fn parts(&self) -> Result<(&str, &str), CommandError> {
        match self.0.split_once(':') {
            None => Err(CommandError::usage("the value of --basic has no colon", "use USER:PASSWORD")),
            Some(("", _)) => {
                Err(CommandError::usage("the value of --basic has no user name before the colon", "use USER:PASSWORD"))
            }
            Some(pair) => Ok(pair),
        }
    }
}

impl From<String> for BasicCredentials {
    fn from(typed: String) -> Self {
        Self(typed)
    }
}
