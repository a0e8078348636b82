//! Redacts secret XML elements in a text. The secret name is the name of the element, as in `<password>`, or is in an
//! attribute, as in `<add key="DbPassword" value="..."/>`. The secret name may also be the content of the previous
//! element, as in `<key>password</key><string>...</string>`. The characters `<`, `>` and `/` may be escaped as in XML,
//! JSON or a URL. The time is proportional to the length of the text.

use std::borrow::Cow;

use super::{REDACTED, is_secret_name};

/// Maximum number of layers in the escape of one character. Each layer is a backslash, `amp;` or `25`.
const MAX_LAYERS: usize = 8;

/// Maximum number of secret elements that are kept because they do not end in the text ([`OpenElement::Keep`]). After
/// this number, the rest of the text is kept without a search. This bounds the time for text that is not XML.
const MAX_OPEN_ELEMENTS: usize = 100;

/// Elements of HTML that have no content and no end tag.
const EMPTY_ELEMENTS: [&str; 2] = ["input", "meta"];

/// What to do with a secret element that does not end in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenElement {
    /// Redact the rest of the text: the text may be cut off within the element.
    Redact,
    /// Keep the element: the element may be a placeholder of a message, such as `<TOKEN>`.
    Keep,
}

/// Replaces the contents and the attributes of secret elements.
pub(super) fn redact_elements(text: &str, open_element: OpenElement) -> Cow<'_, str> {
    let brackets = Bracket::find_all(text);
    if brackets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut redacted = String::with_capacity(text.len());
    let (mut copied, mut index, mut open_elements) = (0, 0, 0);
    let mut value_is_secret = false;
    while index < brackets.len() {
        let Some(tag) = Tag::parse(text, &brackets, index) else {
            index += 1;
            continue;
        };
        let is_secret = tag.is_secret() || value_is_secret && tag.is_value();
        value_is_secret = tag.is_name_of_secret(text, &brackets);
        let end = match is_secret && tag.has_content() {
            true => tag.find_end(text, &brackets),
            false => Some(index + 1),
        };
        let is_kept = end.is_none() && open_element == OpenElement::Keep;
        if is_kept {
            open_elements += 1;
        }
        if open_elements > MAX_OPEN_ELEMENTS {
            break;
        }
        if is_kept || !is_secret && !tag.has_secret_attribute() {
            index += 1;
            continue;
        }
        redacted.push_str(&text[copied..tag.name_end]);
        if tag.attributes_end > tag.name_end {
            redacted.extend([" ", REDACTED]);
        }
        copied = tag.attributes_end;
        if is_secret && tag.has_content() {
            let content_end = end.map_or(text.len(), |end| brackets[end].start);
            redacted.push_str(&text[tag.attributes_end..tag.content]);
            if content_end > tag.content {
                redacted.push_str(REDACTED);
            }
            copied = content_end;
        }
        index = end.unwrap_or(brackets.len());
    }
    redacted.push_str(&text[copied..]);
    Cow::Owned(redacted)
}

/// A `<` or `>` in any spelling.
struct Bracket {
    start: usize,
    end: usize,
    is_opening: bool,
}

impl Bracket {
    fn find_all(text: &str) -> Vec<Self> {
        let mut brackets = Vec::new();
        let mut start = 0;
        while let Some(found) = text[start..].find(['<', '>', '\\', '&', '%']) {
            start += found;
            let decoded = decode_first(&text[start..]).filter(|(char, _)| matches!(char, '<' | '>'));
            let end = start + decoded.map_or(1, |(_, length)| length);
            brackets.extend(decoded.map(|(char, _)| Self { start, end, is_opening: char == '<' }));
            start = end;
        }
        brackets
    }

    fn spelling<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }
}

/// Decodes the first character of a text. Returns the character and the number of bytes that spell it. `None` if the
/// text does not begin with an ASCII character.
fn decode_first(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next().filter(char::is_ascii)?;
    let layers = |rest: &str, layer: &str| {
        let found = (0..MAX_LAYERS).take_while(|count| rest[count * layer.len()..].starts_with(layer));
        found.count() * layer.len()
    };
    let hex = |digits: Option<&str>| u32::from_str_radix(digits?, 16).ok().and_then(char::from_u32);
    let escaped = match first {
        '\\' => {
            let start = layers(text, "\\");
            let code = text[start..].chars().next();
            let length = match code {
                Some('u') => 4,
                Some('x') => 2,
                Some('/') => return Some(('/', start + 1)),
                _ => return Some((first, start)),
            };
            hex(text.get(start + 1..start + 1 + length)).map(|char| (char, start + 1 + length))
        }
        '%' => {
            let start = 1 + layers(&text[1..], "25");
            hex(text.get(start..start + 2)).map(|char| (char, start + 2))
        }
        '&' => {
            let start = 1 + layers(&text[1..], "amp;");
            let length = text[start..].bytes().take(MAX_LAYERS).position(|byte| byte == b';');
            length.and_then(|length| Some((decode_reference(&text[start..start + length])?, start + length + 1)))
        }
        _ => None,
    };
    Some(escaped.unwrap_or((first, 1)))
}

/// The character of an XML reference without `&` and `;`, such as `lt` or `#60`.
fn decode_reference(reference: &str) -> Option<char> {
    let name = reference.to_ascii_lowercase();
    match (name.as_str(), name.strip_prefix("#x"), name.strip_prefix('#')) {
        ("lt", ..) => Some('<'),
        ("gt", ..) => Some('>'),
        ("sol", ..) => Some('/'),
        (_, Some(hex), _) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
        (.., Some(decimal)) => decimal.parse().ok().and_then(char::from_u32),
        _ => None,
    }
}

/// The text after the `/` at its start, which may have any spelling. `None` if the text begins with another character.
fn strip_slash(text: &str) -> Option<&str> {
    decode_first(text).filter(|(char, _)| *char == '/').map(|(_, length)| &text[length..])
}

/// Index of the `/` at the end of a text, which may have any spelling. `None` if the text ends with another character.
fn final_slash(text: &str) -> Option<usize> {
    let first = text.len().saturating_sub(2 * MAX_LAYERS);
    let mut starts = (first..text.len()).filter(|start| text.is_char_boundary(*start));
    starts.find(|start| strip_slash(&text[*start..]).is_some_and(str::is_empty))
}

fn name_length(text: &str) -> usize {
    text.find(|char: char| !char.is_alphanumeric() && !":._-".contains(char)).unwrap_or(text.len())
}

/// A tag that begins an element.
struct Tag<'a> {
    /// Index of its `<` in the list of brackets.
    index: usize,
    name: &'a str,
    attributes: &'a str,
    name_end: usize,
    attributes_end: usize,
    /// Start of the content of the element.
    content: usize,
    is_self_closing: bool,
}

impl<'a> Tag<'a> {
    /// The tag whose `<` has this index. `None` if no element begins there. A tag without `>` has no attributes.
    fn parse(text: &'a str, brackets: &[Bracket], index: usize) -> Option<Self> {
        let start = brackets.get(index).filter(|bracket| bracket.is_opening)?.end;
        let next = brackets.get(index + 1)?;
        let inside = &text[start..next.start];
        let length = name_length(inside);
        let (name, rest) = inside.split_at(length);
        let is_separated =
            rest.is_empty() || rest.starts_with(|char: char| char.is_whitespace() || "/\\&%+".contains(char));
        if !name.starts_with(|char: char| char.is_alphabetic() || char == '_') || !is_separated {
            return None;
        }
        let name_end = start + length;
        if next.is_opening {
            let (attributes, is_self_closing) = ("", false);
            return Some(Self {
                index,
                name,
                attributes,
                name_end,
                attributes_end: name_end,
                content: name_end,
                is_self_closing,
            });
        }
        let rest = rest.trim_end();
        let slash = final_slash(rest);
        let attributes = rest[..slash.unwrap_or(rest.len())].trim_end();
        let attributes_end = name_end + attributes.len();
        let is_self_closing = slash.is_some();
        Some(Self { index, name, attributes, name_end, attributes_end, content: next.end, is_self_closing })
    }

    fn local_name(&self) -> &'a str {
        self.name.rsplit(':').next().unwrap_or(self.name)
    }

    fn is_named(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.local_name().eq_ignore_ascii_case(name))
    }

    fn has_content(&self) -> bool {
        !self.is_self_closing && !self.is_named(&EMPTY_ELEMENTS)
    }

    /// Whether the element has a secret name, or an attribute such as `name="DB_PASSWORD"`.
    fn is_secret(&self) -> bool {
        is_secret_name(self.name)
            || self.attributes().any(|(name, value)| is_name_member(name) && is_secret_name(value))
    }

    fn has_secret_attribute(&self) -> bool {
        self.attributes().any(|(name, _)| !is_name_member(name) && is_secret_name(name))
    }

    /// Whether the element may hold a value whose name is the content of the previous element, as in
    /// `<key>password</key><string>...</string>`.
    fn is_value(&self) -> bool {
        self.is_named(&["string", "value"])
    }

    /// Whether the content of the element is the name of a secret, as in `<name>DB_PASSWORD</name>`.
    fn is_name_of_secret(&self, text: &str, brackets: &[Bracket]) -> bool {
        let after = brackets.get(self.index + 2).map_or(text.len(), |next| next.start);
        is_name_member(self.local_name()) && text.get(self.content..after).is_some_and(is_secret_name)
    }

    /// The names of the attributes, and the values with their quotes.
    fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let before_name = |text: &'a str| {
            let text = text.trim_end();
            let start = text.char_indices().rev().find(|(_, char)| name_length(char.encode_utf8(&mut [0; 4])) == 0);
            text.split_at(start.map_or(0, |(start, char)| start + char.len_utf8()))
        };
        let (names, values) = (self.attributes.split('='), self.attributes.split('=').skip(1));
        names.zip(values).map(move |(name, value)| {
            let (value_before_name, _) = before_name(value);
            (before_name(name).1, if value_before_name.is_empty() { value } else { value_before_name })
        })
    }

    /// Index of the `<` of the tag that ends this element. `None` if the element does not end in the text. Only tags
    /// with the same spelling of `<` count: others are text of the element.
    fn find_end(&self, text: &str, brackets: &[Bracket]) -> Option<usize> {
        let spelling = brackets[self.index].spelling(text);
        let mut depth = 1;
        let mut index = self.index + 1;
        while let Some(bracket) = brackets.get(index) {
            let after = &text[bracket.end..];
            let has_name =
                |text: &str| text.get(..name_length(text)).is_some_and(|name| name.eq_ignore_ascii_case(self.name));
            if !bracket.is_opening || !bracket.spelling(text).eq_ignore_ascii_case(spelling) {
                index += 1;
                continue;
            }
            if let Some(last) = [("![CDATA[", "]]"), ("!--", "--")].iter().find(|(first, _)| after.starts_with(first)) {
                let ends = |bracket: &Bracket| !bracket.is_opening && text[..bracket.start].ends_with(last.1);
                index += brackets[index..].iter().position(ends)?;
            } else if strip_slash(after).is_some_and(has_name) {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
            } else if has_name(after) && Tag::parse(text, brackets, index).is_some_and(|tag| tag.has_content()) {
                depth += 1;
            }
            index += 1;
        }
        None
    }
}

/// Whether an attribute or an element of this name, such as `key`, holds the name of another value.
fn is_name_member(name: &str) -> bool {
    ["id", "key", "name"].iter().any(|member| name.eq_ignore_ascii_case(member))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> Cow<'_, str> {
        redact_elements(text, OpenElement::Redact)
    }

    #[test]
    fn an_element_with_a_secret_name_is_redacted_in_any_spelling() {
        for (text, expected) in [
            ("<password>planted</password>", "<password>[redacted]</password>"),
            ("a<b><Password><Value>planted</Value></Password></b>c", "a<b><Password>[redacted]</Password></b>c"),
            (r#"<ns:password a="b">planted</ns:password>"#, "<ns:password [redacted]>[redacted]</ns:password>"),
            ("<pin><![CDATA[1</pin>planted]]></pin>2", "<pin>[redacted]</pin>2"),
            ("<pin><!-- </pin> -->planted</pin>2", "<pin>[redacted]</pin>2"),
            ("<key>1<key>2</key><key/>planted</key>x<b>y</b>", "<key>[redacted]</key>x<b>y</b>"),
            ("&lt;token&gt;planted&lt;/token&gt; b", "&lt;token&gt;[redacted]&lt;/token&gt; b"),
            ("&lt;token>planted&lt;/token>", "&lt;token>[redacted]&lt;/token>"),
            ("&amp;lt;token&#62;planted&amp;lt;/token&#62;", "&amp;lt;token&#62;[redacted]&amp;lt;/token&#62;"),
            (r"\u003ctoken\u003eplanted\u003C\/token\u003e", r"\u003ctoken\u003e[redacted]\u003C\/token\u003e"),
            (r"\\u003ctoken>planted\\u003c\\u002ftoken>", r"\\u003ctoken>[redacted]\\u003c\\u002ftoken>"),
            ("%3Cpsk%3Eplanted%3C%2Fpsk%3E", "%3Cpsk%3E[redacted]%3C%2Fpsk%3E"),
            ("<token>&lt;/token&gt;planted</token>", "<token>[redacted]</token>"),
            ("<token\nx='1'\n>planted</token\n>", "<token [redacted]\n>[redacted]</token\n>"),
            ("<token></token><token/><name>b</name>", "<token></token><token/><name>b</name>"),
            (r#"<token value="planted" />"#, "<token [redacted] />"),
            ("a <token>planted", "a <token>[redacted]"),
            ("<token <x>planted</token>", "<token[redacted]</token>"),
            ("<cores>4</cores> 1 < 2 & 3 > 2 \\ü 100 % ü &ü;\\", "<cores>4</cores> 1 < 2 & 3 > 2 \\ü 100 % ü &ü;\\"),
        ] {
            assert_eq!(redacted(text), expected);
            assert_eq!(redacted(expected), expected);
        }
    }

    #[test]
    fn an_attribute_or_the_element_before_may_have_the_secret_name() {
        for (text, expected) in [
            (r#"<add key="DbPassword" value="planted"/>"#, "<add [redacted]/>"),
            (r#"<add key="Cores" value="4"/>"#, r#"<add key="Cores" value="4"/>"#),
            (r#"<property name="password">planted</property>"#, "<property [redacted]>[redacted]</property>"),
            (r#"<user a="1" password="two planted words">b</user>"#, "<user [redacted]>b</user>"),
            (r#"<input name="password" value="planted"> b"#, "<input [redacted]> b"),
            ("<key>password</key>\n<string>planted</string>", "<key>[redacted]</key>\n<string>[redacted]</string>"),
            ("<name>DB_PASSWORD</name><value>planted</value>", "<name>DB_PASSWORD</name><value>[redacted]</value>"),
            ("<name>a</name><value>b</value>", "<name>a</name><value>b</value>"),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn a_placeholder_of_a_message_is_kept() {
        let keep = |text| redact_elements(text, OpenElement::Keep);
        assert_eq!(keep("use --token <TOKEN> or <key>planted</key>"), "use --token <TOKEN> or <key>[redacted]</key>");
    }

    #[test]
    fn the_time_for_hostile_text_is_bounded() {
        for piece in ["<token>", "<token><![CDATA[", "&amp;", "\\", "%25", "<key a=", "<!--", "<a b='", "</token>"] {
            let text = piece.repeat(200_000 / piece.len());
            for open_element in [OpenElement::Redact, OpenElement::Keep] {
                assert!(redact_elements(&text, open_element).len() <= text.len() + 100_000, "{piece}");
            }
        }
    }
}
