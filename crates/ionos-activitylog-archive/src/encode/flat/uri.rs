//! Reads the path of a request URI, which is an absolute URI or only a path. Replaces the identifiers in the path, so
//! that the URIs of one endpoint become equal, and finds the version of the API.

/// The path in `uri`, which is an absolute URI or only a path. Without query and fragment.
fn path(uri: &str) -> &str {
    let uri = uri.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = uri.split_once("://") else {
        return uri;
    };
    if scheme.contains('/') {
        return uri;
    }
    rest.find('/').map_or("", |begin| &rest[begin..])
}

/// The path with `{id}` in place of each segment that is a number or a UUID.
pub(super) fn template(uri: &str) -> String {
    let segments: Vec<&str> =
        path(uri).split('/').map(|segment| if is_id(segment) { "{id}" } else { segment }).collect();
    segments.join("/")
}

fn is_id(segment: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let groups = segment.split('-').map(|group| {
        let hex = group.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex { group.len() } else { 0 }
    });
    digits(segment) || groups.eq([8, 4, 4, 4, 12])
}

/// The API version in the path, such as `v6`.
pub(super) fn version(uri: &str) -> Option<String> {
    path(uri).split('/').find_map(version_of)
}

/// The version that a segment names: `v6` for `v6` and `V6`. `None` for any other text.
fn version_of(segment: &str) -> Option<String> {
    let digits = segment.strip_prefix(['v', 'V'])?;
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| format!("v{digits}"))
}

/// The version at the end of a service's name: `v6` for `PUBLIC_REST_V6`.
pub(super) fn version_of_service(service: &str) -> Option<String> {
    version_of(service.rsplit_once('_')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_template() {
        for (uri, expected) in [
            ("/um/users/1466", "/um/users/{id}"),
            ("https://api.ionos.com", ""),
            ("https://api.ionos.com/", "/"),
            ("/a?next=https://b/1", "/a"),
            ("/a/v6/b", "/a/v6/b"),
            ("datacenters/17/", "datacenters/{id}/"),
            ("", ""),
        ] {
            assert_eq!(template(uri), expected, "{uri}");
        }
    }
}
