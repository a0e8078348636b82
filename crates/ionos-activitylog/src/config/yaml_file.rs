//! Reads the settings of the YAML file: credentials from a profile, address and certificates from an environment. The
//! file can give each of the vendor's products its own address in each environment; an ambiguous entry is an error.

use std::path::Path;

use super::credentials::{CredentialParts, non_blank, non_blank_secret};
use super::env::{CONFIG_FILE, CURRENT_PROFILE, Env, unicode_variable};
use super::files::{find_yaml, host_of, is_host};
use super::setting::Origin;
use super::settings::{PEM_HEADER, Settings, Sourced};
use super::yaml_document::{ConfigDocument, Endpoint, Product, ProductEnvironment, Profile, is_same_name};
use super::{config_error, quoted, quoted_list, suggestion};
use crate::error::Error;
use crate::redact::redact_value;

/// The names of this product in the file, in order of preference. The vendor's list of products lacks this product, so
/// two names are accepted: the name of the vendor's package for this product, and a likely other spelling of that name.
const PRODUCT_NAMES: [&str; 2] = ["activitylog", "activity-log"];

/// The settings of the YAML file.
pub(super) struct YamlSettings {
    pub(super) settings: Settings,
    /// Whether there is a file.
    pub(super) exists: bool,
}

/// Reads the YAML file. `use_endpoint` is false if an earlier source has decided the API address; `profile` is the
/// profile that the program requests.
pub(super) fn read(env: &dyn Env, use_endpoint: bool, profile: Option<&str>) -> Result<YamlSettings, Error> {
    let from_env = match profile {
        // The program's profile overrides the variable, so a variable that is not Unicode is not an error.
        Some(_) => unicode_variable(env, CURRENT_PROFILE).ok().flatten(),
        None => unicode_variable(env, CURRENT_PROFILE)?,
    };
    let search = find_yaml(env)?;
    let Some(file) = search.opened else {
        return without_file(profile, from_env.as_deref(), search.missing);
    };
    let document = ConfigDocument::parse(&file)?;
    let requested = profile.map(|name| Sourced::new(name.trim().to_owned(), Origin::Program));
    let profile = document.select_profile(profile, from_env.as_deref(), &file.path)?;
    let origin = || Origin::File { path: file.path.clone(), profile: profile.map(|profile| profile.name().to_owned()) };

    let parts = profile.and_then(|profile| profile.credentials.clone()).unwrap_or_default();
    let credentials = CredentialParts {
        source: &origin().to_string(),
        names: ["token", "username", "password"],
        token: non_blank_secret(parts.token),
        username: non_blank(parts.username),
        password: non_blank_secret(parts.password),
    }
    .into_credentials()?;
    let mut without_credentials = search.missing;
    match (&credentials, profile) {
        (Some(_), _) => {}
        (None, Some(_)) => without_credentials.push(format!("{} has no credentials", origin())),
        (None, None) => {
            without_credentials.push(format!("{} has no currentProfile and {CURRENT_PROFILE} is not set", origin()))
        }
    }

    let endpoint = endpoint_settings(&document, profile, &file.path, use_endpoint)?;
    let base_url = match use_endpoint {
        true => endpoint.base_url,
        // An earlier source overrides the file's address. A valid address is listed as overridden, an invalid address
        // is ignored.
        false => endpoint_settings(&document, profile, &file.path, true).ok().and_then(|endpoint| endpoint.base_url),
    };
    let config_file = match unicode_variable(env, CONFIG_FILE)? {
        Some(_) => Origin::Environment(CONFIG_FILE),
        None => Origin::Default,
    };
    let of_file = Origin::File { path: file.path.clone(), profile: None };
    let from_env = from_env.map(|name| Sourced::new(name.trim().to_owned(), Origin::Environment(CURRENT_PROFILE)));
    let current = document.current_profile().map(|name| Sourced::new(name.trim().to_owned(), of_file));
    Ok(YamlSettings {
        settings: Settings {
            credentials: credentials.map(|value| Sourced::new(value, origin())),
            base_url: base_url.map(|value| Sourced::new(value, origin())),
            root_certificates: endpoint.root_certificates.map(|value| Sourced::new(value, origin())),
            config_file: Some(Sourced::new(file.path.display().to_string(), config_file)),
            profile: Sourced::or(requested, Sourced::or(from_env, current)),
            without_credentials,
            ..Settings::default()
        },
        exists: true,
    })
}

/// Returns no settings, because there is no YAML file. Fails if a profile is named, because only a file can contain a
/// profile.
fn without_file(requested: Option<&str>, from_env: Option<&str>, missing: Vec<String>) -> Result<YamlSettings, Error> {
    let places = missing.join("; ");
    match (requested, from_env) {
        (Some(name), _) => Err(config_error(format!(
            "the profile {:?} was requested, but there is no config file: {places}",
            redact_value(name.trim())
        ))
        .with_hint("create one, or request no profile")),
        (None, Some(name)) => Err(config_error(format!(
            "{CURRENT_PROFILE} names the profile {:?}, but there is no config file: {places}",
            redact_value(name.trim())
        ))
        .with_hint(format!("create one, or unset {CURRENT_PROFILE}"))),
        (None, None) => {
            let settings = Settings { without_credentials: missing, ..Settings::default() };
            Ok(YamlSettings { settings, exists: false })
        }
    }
}

/// The settings of the endpoint of this product.
struct EndpointSettings {
    base_url: Option<String>,
    root_certificates: Option<String>,
}

/// The address of this product and the certificates to trust.
///
/// If the profile names an environment, only that environment counts. Otherwise, the first environment with this
/// product counts. If `use_endpoint` is false, the result has no address, and its certificates are those of the
/// environment that the profile names, if any.
fn endpoint_settings(
    document: &ConfigDocument,
    profile: Option<&Profile>,
    path: &Path,
    use_endpoint: bool,
) -> Result<EndpointSettings, Error> {
    let named = match profile {
        Some(profile) => environment_of_profile(profile, document, path)?,
        None => None,
    };
    let environments = named.map_or(document.environments(), std::slice::from_ref);
    let product = find_product(environments).filter(|_| use_endpoint);
    let Some((environment, product)) = product else {
        let root_certificates = match named {
            Some(environment) => pem_certificates(environment.certificate_auth_data.as_ref(), path)?,
            None => None,
        };
        return Ok(EndpointSettings { base_url: None, root_certificates });
    };
    let endpoint = select_endpoint(product, path)?;
    let root_certificates = match pem_certificates(endpoint.certificate_auth_data.as_ref(), path)? {
        Some(certificates) => Some(certificates),
        None => pem_certificates(environment.certificate_auth_data.as_ref(), path)?,
    };
    Ok(EndpointSettings { base_url: Some(endpoint_address(endpoint, path)?), root_certificates })
}

/// The environment that a profile names; `None` if the profile names none. The names must match exactly.
fn environment_of_profile<'a>(
    profile: &Profile,
    document: &'a ConfigDocument,
    path: &Path,
) -> Result<Option<&'a ProductEnvironment>, Error> {
    let Some(name) = profile.environment.as_deref().filter(|name| !name.trim().is_empty()) else {
        return Ok(None);
    };
    let mut environments = document.environments().iter();
    let known: Vec<&str> = environments.clone().filter_map(|one| one.name.as_deref()).collect();
    match environments.find(|environment| environment.name.as_deref() == Some(name)) {
        Some(environment) => Ok(Some(environment)),
        None => Err(config_error(format!(
            "{} has no environment {}, which profile {} names{}; environments in the file: {}",
            path.display(),
            quoted(name),
            quoted(profile.name()),
            suggestion(name, known.iter().copied()),
            quoted_list(known.iter().copied())
        ))
        .with_hint("correct the profile, or add the environment")),
    }
}

/// The first environment with this product, and the product. An environment that uses the first of [`PRODUCT_NAMES`]
/// takes precedence over an earlier one that uses only the second. `None` if no environment has the product.
fn find_product(environments: &[ProductEnvironment]) -> Option<(&ProductEnvironment, &Product)> {
    let has_name = |product: &Product, name: &str| product.name.as_deref().is_some_and(|own| is_same_name(own, name));
    PRODUCT_NAMES.iter().find_map(|name| {
        environments.iter().find_map(|environment| {
            let product = environment.products().iter().find(|product| has_name(product, name))?;
            Some((environment, product))
        })
    })
}

/// The only endpoint of the product, or, if there are several, the first one that serves every location.
fn select_endpoint<'a>(product: &'a Product, path: &Path) -> Result<&'a Endpoint, Error> {
    let name = product.name.as_deref().unwrap_or_default().trim();
    match product.endpoints() {
        [] => Err(config_error(format!("{} lists the product {name:?} without an endpoint", path.display()))
            .with_hint("add an endpoint or remove the product")),
        [only] => Ok(only),
        several => several.iter().find(|endpoint| endpoint.is_global()).ok_or_else(|| {
            config_error(format!(
                "{} has several endpoints for the product {name:?}, each with a location",
                path.display()
            ))
            .with_hint(format!(
                "keep one of {}, or remove its location",
                quoted_list(several.iter().map(Endpoint::location))
            ))
        }),
    }
}

fn endpoint_address(endpoint: &Endpoint, path: &Path) -> Result<String, Error> {
    let path = path.display();
    let name = endpoint.name.as_deref().unwrap_or_default().trim();
    if name.is_empty() {
        return Err(config_error(format!("{path} has an endpoint without a name for this product"))
            .with_hint("set its name to the host of the API"));
    }
    let address = host_of(name).ok_or_else(|| {
        config_error(format!("{path} has an endpoint for this product whose name contains a username or password"))
            .with_hint("remove them; credentials belong to a profile")
    })?;
    if !is_host(&address) {
        return Err(config_error(format!("{path} has an endpoint for this product whose name is not a host"))
            .with_hint("set its name to the host of the API"));
    }
    if endpoint.skips_verification() {
        return Err(config_error(format!(
            "{path} sets skipTlsVerify for this product, but this client always verifies certificates"
        ))
        .with_hint(
            "remove it, and put the trusted certificate into certificateAuthData, or its SHA-256 fingerprint into \
             IONOS_PINNED_CERT",
        ));
    }
    Ok(address)
}

/// The certificates of an endpoint or environment, in PEM; `None` for a blank text. Fails for any other text without a
/// certificate, because the TLS library would ignore such a text.
fn pem_certificates(data: Option<&String>, path: &Path) -> Result<Option<String>, Error> {
    match data.filter(|data| !data.trim().is_empty()) {
        Some(data) if !data.contains(PEM_HEADER) => {
            Err(config_error(format!("{} has a certificateAuthData without a PEM certificate", path.display()))
                .with_hint(format!("a certificate starts with {PEM_HEADER}")))
        }
        data => Ok(data.cloned()),
    }
}
