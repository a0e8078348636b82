//! Checks the environment variables that reqwest and the TLS library read on their own. Both ignore a value that they
//! cannot use. Without this check, a request would be sent without the proxy or the certificates that the user set. No
//! message shows the address of a proxy, because the address may contain a password.

use std::env::VarError;

use crate::error::{Error, ErrorKind};

/// The variables that can contain the address of the proxy for https: two groups in order of precedence. In each group,
/// the first variable that is set is in force. If its value is blank, or if no variable of the group is set, the next
/// group counts.
const PROXY_VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

/// The schemes of proxy addresses. An address without a scheme counts as http.
const PROXY_SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Fails with [`ErrorKind::Configuration`] if the variable in force has no usable address of a proxy. `variable` reads
/// an environment variable.
pub(super) fn check_proxy(variable: impl Fn(&str) -> Result<String, VarError>) -> Result<(), Error> {
    for names in PROXY_VARIABLES {
        let mut set = names.iter().map(|name| (name, variable(name)));
        let value = match set.find(|(_, value)| !matches!(value, Err(VarError::NotPresent))) {
            Some((name, Ok(value))) => (name, Some(value)),
            Some((name, Err(_))) => (name, None),
            None => continue,
        };
        return match value {
            (_, Some(value)) if value.trim().is_empty() => continue,
            (_, Some(value)) if is_proxy_address(&value) => Ok(()),
            (name, _) => Err(Error::new(ErrorKind::Configuration, format!("{name} is not a valid proxy address"))
                .with_hint("use http://HOST:PORT, or unset it")),
        };
    }
    Ok(())
}

fn is_proxy_address(value: &str) -> bool {
    let Ok(address) = value.parse::<http::Uri>() else {
        return false;
    };
    address.host().is_some_and(|host| !host.is_empty())
        && address.scheme_str().is_none_or(|scheme| PROXY_SCHEMES.contains(&scheme))
}

/// The variables with the root certificates, on platforms whose TLS library reads them.
#[cfg(all(
    unix,
    not(target_vendor = "apple"),
    not(target_os = "android"),
    any(feature = "__rustls", feature = "native-tls")
))]
pub(super) mod certificates {
    use std::ffi::OsString;
    use std::path::Path;
    use std::{fs, io};

    use crate::error::{Error, ErrorKind};
    use crate::runtime::regular_file::read_regular_file;

    const FILE: &str = "SSL_CERT_FILE";
    const FOLDERS: &str = "SSL_CERT_DIR";

    /// Maximum size of a file with certificates, in MiB. The certificates of a platform have less than 1 MiB.
    const MAX_MIB: u64 = 16;

    /// Fails with [`ErrorKind::Configuration`] if the file that `SSL_CERT_FILE` names cannot be read or has no
    /// certificate. If `SSL_CERT_FILE` is not set, also fails if the folders that `SSL_CERT_DIR` names contain no
    /// certificate. `variable` reads an environment variable.
    pub(in crate::net) fn check(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Error> {
        if let Some(path) = variable(FILE) {
            let shown = Path::new(&path).display();
            return match read_file(Path::new(&path)) {
                Ok(text) if has_certificate(&text) => Ok(()),
                Ok(_) => Err(refuse(format!("{FILE} names {shown}, which has no certificate in PEM format"))),
                Err(error) => Err(refuse(format!("{FILE} names {shown}, which cannot be read ({error})"))),
            };
        }
        let Some(paths) = variable(FOLDERS) else {
            return Ok(());
        };
        let folders: Vec<_> = std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()).collect();
        let mut files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        // If the variable names no folder, the certificates of the platform are in use.
        if folders.is_empty() || files.any(|file| read_file(&file.path()).is_ok_and(|text| has_certificate(&text))) {
            return Ok(());
        }
        let shown = Path::new(&paths).display();
        Err(refuse(format!("{FOLDERS} names {shown}, which has no certificate in PEM format")))
    }

    /// Reads a file with certificates. Refuses a pipe, because the TLS library reads the file again and would find the
    /// pipe empty.
    fn read_file(path: &Path) -> io::Result<Vec<u8>> {
        read_regular_file(path, MAX_MIB)
    }

    fn refuse(reason: String) -> Error {
        Error::new(ErrorKind::Configuration, reason).with_hint("correct or unset it")
    }

    #[cfg(feature = "__rustls")]
    fn has_certificate(text: &[u8]) -> bool {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;

        CertificateDer::pem_slice_iter(text).any(|certificate| certificate.is_ok())
    }

    #[cfg(not(feature = "__rustls"))]
    fn has_certificate(text: &[u8]) -> bool {
        memchr::memmem::find(text, b"-----BEGIN ").is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: &[(&str, &str)]) -> Result<(), String> {
        let variable = |name: &str| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        };
        check_proxy(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn valid_and_blank_proxy_addresses_are_accepted() {
        for value in ["http://proxy:3128", "https://u:planted@proxy", "proxy:3128", "socks5h://[::1]:1080", "", " "] {
            for name in PROXY_VARIABLES.concat() {
                assert_eq!(check(&[(name, value)]), Ok(()), "{name}={value}");
            }
        }
        assert_eq!(check(&[]), Ok(()));
        // Only the variable in force counts.
        assert_eq!(check(&[("HTTPS_PROXY", "proxy:1"), ("https_proxy", "://"), ("ALL_PROXY", "://")]), Ok(()));
    }

    #[test]
    fn an_invalid_proxy_address_is_refused_without_showing_it() {
        for value in ["http://u:planted@proxy port", "ftp://u:planted@proxy", "http://", "/planted", "planted proxy"] {
            for name in PROXY_VARIABLES.concat() {
                let error = check(&[(name, value)]).unwrap_err();
                assert_eq!(
                    error,
                    format!("{name} is not a valid proxy address: use http://HOST:PORT, or unset it"),
                    "{value}"
                );
            }
        }
        // A blank variable of the first group leaves the second group in force.
        assert!(check(&[("HTTPS_PROXY", ""), ("all_proxy", "://")]).unwrap_err().starts_with("all_proxy"));
        let not_unicode = |_: &str| Err(VarError::NotUnicode("x".into()));
        assert!(check_proxy(not_unicode).is_err());
    }
}
