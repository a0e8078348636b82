//! The YAML file can give each of the vendor's products another address, in each of several environments. What is
//! meant for this product is taken; an entry that does not say clearly what it means is refused.

use std::path::Path;

use super::document::{Document, Endpoint, Environment, Product, Profile, same_name};
use super::resolved::PEM_MARK;
use super::{address, list, refuse};
use crate::Error;
use crate::nearest::guess;

/// How this product is called in the file, first choice first. The vendor's list of products leaves it out: the
/// first is the name of the vendor's package for it, the second a likely spelling.
const PRODUCT: [&str; 2] = ["activitylog", "activity-log"];

/// What the file says of the way to the service.
pub(super) struct Way {
    pub(super) base_url: Option<String>,
    pub(super) root_certificates: Option<String>,
}

/// The address of this product and the certificates to trust.
///
/// Only the environment of the profile counts; without one, the first environment with this product does. Where the
/// address is known already, `with_endpoint` is false: then the endpoint and its certificates do not count, and those
/// of the profile's environment do.
pub(super) fn way(
    document: &Document,
    profile: Option<&Profile>,
    path: &Path,
    with_endpoint: bool,
) -> Result<Way, Error> {
    let named = match profile {
        Some(profile) => environment_of(profile, document, path)?,
        None => None,
    };
    let environments = named.map_or(document.environments(), std::slice::from_ref);
    let product = product_in(environments).filter(|_| with_endpoint);
    let Some((environment, product)) = product else {
        let root_certificates = match named {
            Some(environment) => certificates(environment.certificate_auth_data.as_ref(), path)?,
            None => None,
        };
        return Ok(Way { base_url: None, root_certificates });
    };
    let endpoint = endpoint_of(product, path)?;
    let own = certificates(endpoint.certificate_auth_data.as_ref(), path)?;
    let root_certificates = match own {
        Some(own) => Some(own),
        None => certificates(environment.certificate_auth_data.as_ref(), path)?,
    };
    Ok(Way { base_url: Some(address_of(endpoint, path)?), root_certificates })
}

/// The environment that a profile names. Its name must be the very same.
fn environment_of<'a>(
    profile: &Profile,
    document: &'a Document,
    path: &Path,
) -> Result<Option<&'a Environment>, Error> {
    let Some(name) = profile.environment.as_deref() else {
        return Ok(None);
    };
    if name.trim().is_empty() {
        return Ok(None);
    }
    let mut environments = document.environments().iter();
    let names = document.environments().iter();
    let known: Vec<&str> = names.filter_map(|one| one.name.as_deref()).collect();
    match environments.find(|environment| environment.name.as_deref() == Some(name)) {
        Some(environment) => Ok(Some(environment)),
        None => Err(refuse(format!(
            "{} has no environment {name:?}{}, which its profile {:?} names; its environments: {}",
            path.display(),
            guess(name, known.iter().copied()),
            profile.name(),
            list(known.iter().copied())
        ))
        .with_hint("correct one or the other")),
    }
}

fn product_in(environments: &[Environment]) -> Option<(&Environment, &Product)> {
    let is_called = |product: &Product, name: &str| product.name.as_deref().is_some_and(|own| same_name(own, name));
    PRODUCT.iter().find_map(|name| {
        environments.iter().find_map(|environment| {
            let mut products = environment.products().iter();
            let product = products.find(|product| is_called(product, name))?;
            Some((environment, product))
        })
    })
}

/// The first endpoint without a location, else the only one.
fn endpoint_of<'a>(product: &'a Product, path: &Path) -> Result<&'a Endpoint, Error> {
    let name = product.name.as_deref().unwrap_or_default().trim();
    match product.endpoints() {
        [] => Err(refuse(format!("{} lists the product {name:?} without an endpoint", path.display()))
            .with_hint("give it one or remove it")),
        [only] => Ok(only),
        several => several.iter().find(|endpoint| endpoint.is_global()).ok_or_else(|| {
            refuse(format!(
                "{} has several endpoints for the product {name:?} and none without a location",
                path.display()
            ))
            .with_hint(format!("keep one of {}, or remove its location", list(several.iter().map(Endpoint::location))))
        }),
    }
}

fn address_of(endpoint: &Endpoint, path: &Path) -> Result<String, Error> {
    let path = path.display();
    let name = endpoint.name.as_deref().unwrap_or_default().trim();
    if name.is_empty() {
        return Err(refuse(format!("{path} has an endpoint without a name for this product"))
            .with_hint("give it the host to ask as its name"));
    }
    let address = address::host_alone(name).ok_or_else(|| {
        refuse(format!("{path} has an endpoint for this product with a username or password in its name"))
            .with_hint("leave them out, credentials belong to a profile")
    })?;
    if endpoint.skips_verification() {
        return Err(refuse(format!(
            "{path} sets skipTlsVerify for this product, and this client never switches the check of certificates off"
        ))
        .with_hint(
            "remove it, and give the certificate to trust in certificateAuthData, or its SHA-256 fingerprint in \
             IONOS_PINNED_CERT",
        ));
    }
    Ok(address)
}

/// The certificates of an endpoint or environment, as PEM. A text without one would be passed over in silence later.
fn certificates(data: Option<&String>, path: &Path) -> Result<Option<String>, Error> {
    match data.filter(|data| !data.trim().is_empty()) {
        Some(data) if !data.contains(PEM_MARK) => {
            Err(refuse(format!("{} has a certificateAuthData without a certificate in PEM", path.display()))
                .with_hint("give one, which begins with -----BEGIN CERTIFICATE-----"))
        }
        data => Ok(data.cloned()),
    }
}
