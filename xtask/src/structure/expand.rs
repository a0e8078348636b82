//! Expands the macros that a crate defines with `macro_rules!` and invokes where an item can stand. So the types and
//! functions that come from such macros are checked like all others. An invocation that this simple expander does not
//! understand stays as it is.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Item, ItemMacro, Token};

/// Maximum depth of nested expansions. Without a maximum, a macro that invokes itself would be expanded forever.
const MAX_DEPTH: usize = 8;

/// One rule of a macro: a pattern and its replacement.
struct MacroRule {
    pattern: Vec<PatternPart>,
    transcriber: TokenStream,
}

enum PatternPart {
    /// A token that must occur as it is.
    Literal(String),
    /// `$name:kind`.
    Fragment { name: String, kind: String },
    /// Tokens in brackets.
    Group { delimiter: Delimiter, parts: Vec<PatternPart> },
    /// `$( parts ) separator operator`, where the operator is `*`, `+` or `?`.
    Repetition { parts: Vec<PatternPart>, separator: Option<String>, is_optional: bool },
}

/// The tokens that matched a `$name` of a pattern: one match, or one for each round of a repetition.
#[derive(Clone)]
enum MacroBinding {
    Single(TokenStream),
    Repeated(Vec<MacroBinding>),
}

type MacroBindings = HashMap<String, MacroBinding>;

/// Replaces the invocations of a crate's macros by the items that they make. `modules` contains the items of each
/// module of the crate.
pub(super) fn expand_macros(modules: &mut [Vec<Item>]) {
    let mut rules: HashMap<String, Vec<MacroRule>> = HashMap::new();
    for item in modules.iter().flatten() {
        if let Item::Macro(ItemMacro { ident: Some(name), mac, .. }) = item
            && let Ok(parsed) = parse_rules.parse2(mac.tokens.clone())
        {
            rules.insert(name.to_string(), parsed);
        }
    }
    for module in modules {
        let items = std::mem::take(module);
        *module = items.into_iter().flat_map(|item| expand_item(item, &rules, MAX_DEPTH)).collect();
    }
}

fn expand_item(item: Item, rules: &HashMap<String, Vec<MacroRule>>, depth: usize) -> Vec<Item> {
    let Some(expanded) = expansion_of(&item, rules).filter(|_| depth > 0) else { return vec![item] };
    expanded.into_iter().flat_map(|item| expand_item(item, rules, depth - 1)).collect()
}

fn expansion_of(item: &Item, rules: &HashMap<String, Vec<MacroRule>>) -> Option<Vec<Item>> {
    let Item::Macro(ItemMacro { ident: None, mac, .. }) = item else { return None };
    let rules = rules.get(&mac.path.segments.last()?.ident.to_string())?;
    rules.iter().find_map(|rule| {
        let bindings = (|input: ParseStream| match_parts(&rule.pattern, input)).parse2(mac.tokens.clone()).ok()?;
        let tokens = transcribe(rule.transcriber.clone(), &bindings)?;
        syn::parse2::<syn::File>(tokens).ok().map(|file| file.items)
    })
}

fn parse_rules(input: ParseStream) -> syn::Result<Vec<MacroRule>> {
    let mut rules = Vec::new();
    while !input.is_empty() {
        let pattern = parse_group(input)?;
        input.parse::<Token![=>]>()?;
        let transcriber = parse_group(input)?.stream();
        let _ = input.parse::<Option<Token![;]>>()?;
        rules.push(MacroRule { pattern: parse_pattern.parse2(pattern.stream())?, transcriber });
    }
    Ok(rules)
}

fn parse_group(input: ParseStream) -> syn::Result<Group> {
    match input.parse::<TokenTree>()? {
        TokenTree::Group(group) => Ok(group),
        other => Err(syn::Error::new(other.span(), "expected tokens in brackets")),
    }
}

fn parse_pattern(input: ParseStream) -> syn::Result<Vec<PatternPart>> {
    let mut parts = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![$]) {
            input.parse::<Token![$]>()?;
            parts.push(if input.peek(syn::token::Paren) { parse_repetition(input)? } else { parse_fragment(input)? });
            continue;
        }
        parts.push(match input.parse::<TokenTree>()? {
            TokenTree::Group(group) => {
                PatternPart::Group { delimiter: group.delimiter(), parts: parse_pattern.parse2(group.stream())? }
            }
            token => PatternPart::Literal(token.to_string()),
        });
    }
    Ok(parts)
}

fn parse_fragment(input: ParseStream) -> syn::Result<PatternPart> {
    let name = Ident::parse_any(input)?.to_string();
    input.parse::<Token![:]>()?;
    Ok(PatternPart::Fragment { name, kind: Ident::parse_any(input)?.to_string() })
}

fn parse_repetition(input: ParseStream) -> syn::Result<PatternPart> {
    let parts = parse_pattern.parse2(parse_group(input)?.stream())?;
    let (separator, operator) = parse_repetition_end(input)?;
    Ok(PatternPart::Repetition { parts, separator, is_optional: operator == "?" })
}

/// The separator and the operator `*`, `+` or `?` after a repetition.
fn parse_repetition_end(input: ParseStream) -> syn::Result<(Option<String>, String)> {
    let first = input.parse::<TokenTree>()?.to_string();
    if ["*", "+", "?"].contains(&first.as_str()) {
        return Ok((None, first));
    }
    Ok((Some(first), input.parse::<TokenTree>()?.to_string()))
}

fn match_parts(parts: &[PatternPart], input: ParseStream) -> syn::Result<MacroBindings> {
    let mut bindings = MacroBindings::new();
    for part in parts {
        match part {
            PatternPart::Literal(expected) => {
                let token = input.parse::<TokenTree>()?;
                if token.to_string() != *expected {
                    return Err(syn::Error::new(token.span(), "another token was expected"));
                }
            }
            PatternPart::Fragment { name, kind } => {
                bindings.insert(name.clone(), MacroBinding::Single(parse_fragment_tokens(kind, input)?));
            }
            PatternPart::Group { delimiter, parts } => {
                let group = parse_group(input)?;
                if group.delimiter() != *delimiter {
                    return Err(syn::Error::new(group.span(), "other brackets were expected"));
                }
                bindings.extend((|input: ParseStream| match_parts(parts, input)).parse2(group.stream())?);
            }
            PatternPart::Repetition { parts, separator, is_optional } => {
                let rounds = match_repetition(parts, separator.as_deref(), *is_optional, input);
                for name in names_of(parts) {
                    let values = rounds.iter().filter_map(|round| round.get(&name).cloned()).collect();
                    bindings.insert(name, MacroBinding::Repeated(values));
                }
            }
        }
    }
    Ok(bindings)
}

fn match_repetition(
    parts: &[PatternPart],
    separator: Option<&str>,
    is_optional: bool,
    input: ParseStream,
) -> Vec<MacroBindings> {
    let mut rounds = Vec::new();
    let max_rounds = if is_optional { 1 } else { usize::MAX };
    while !input.is_empty() && rounds.len() < max_rounds {
        let ahead = input.fork();
        if let (false, Some(separator)) = (rounds.is_empty(), separator)
            && !ahead.parse::<TokenTree>().is_ok_and(|token| token.to_string() == separator)
        {
            break;
        }
        match match_parts(parts, &ahead) {
            Ok(round) => rounds.push(round),
            Err(_) => break,
        }
        input.advance_to(&ahead);
    }
    rounds
}

fn parse_fragment_tokens(kind: &str, input: ParseStream) -> syn::Result<TokenStream> {
    Ok(match kind {
        "expr" => input.parse::<syn::Expr>()?.into_token_stream(),
        "ident" => Ident::parse_any(input)?.into_token_stream(),
        "literal" => input.parse::<syn::Lit>()?.into_token_stream(),
        "meta" => input.parse::<syn::Meta>()?.into_token_stream(),
        "path" => input.parse::<syn::Path>()?.into_token_stream(),
        "ty" => input.parse::<syn::Type>()?.into_token_stream(),
        "vis" => input.parse::<syn::Visibility>()?.into_token_stream(),
        _ => input.parse::<TokenTree>()?.into_token_stream(),
    })
}

fn names_of(parts: &[PatternPart]) -> Vec<String> {
    let names = parts.iter().map(|part| match part {
        PatternPart::Literal(_) => Vec::new(),
        PatternPart::Fragment { name, .. } => vec![name.clone()],
        PatternPart::Group { parts, .. } | PatternPart::Repetition { parts, .. } => names_of(parts),
    });
    names.flatten().collect()
}

/// The tokens of a transcriber with all names replaced; `None` if a name is unknown.
fn transcribe(tokens: TokenStream, bindings: &MacroBindings) -> Option<TokenStream> {
    let parse = |input: ParseStream| {
        let mut output = TokenStream::new();
        while !input.is_empty() {
            match transcribe_next(input, bindings)? {
                Some(tokens) => output.extend(tokens),
                None => return Ok(None),
            }
        }
        Ok(Some(output))
    };
    parse.parse2(tokens).ok()?
}

fn transcribe_next(input: ParseStream, bindings: &MacroBindings) -> syn::Result<Option<TokenStream>> {
    if !input.peek(Token![$]) {
        return Ok(match input.parse::<TokenTree>()? {
            TokenTree::Group(group) => transcribe(group.stream(), bindings).map(|stream| {
                let mut output = Group::new(group.delimiter(), stream);
                output.set_span(group.span());
                TokenTree::Group(output).into()
            }),
            token => Some(token.into()),
        });
    }
    input.parse::<Token![$]>()?;
    if input.peek(syn::token::Paren) {
        let body = parse_group(input)?.stream();
        let (separator, _) = parse_repetition_end(input)?;
        return Ok(transcribe_repetition(&body, separator.as_deref(), bindings));
    }
    let name = Ident::parse_any(input)?;
    if name == "crate" {
        return Ok(Some(name.into_token_stream()));
    }
    Ok(match bindings.get(&name.to_string()) {
        Some(MacroBinding::Single(tokens)) => Some(tokens.clone()),
        _ => None,
    })
}

fn transcribe_repetition(body: &TokenStream, separator: Option<&str>, bindings: &MacroBindings) -> Option<TokenStream> {
    let used: Vec<&String> = bindings
        .keys()
        .filter(|name| uses(body.clone(), name) && matches!(bindings[*name], MacroBinding::Repeated(_)))
        .collect();
    let rounds = used.iter().filter_map(|name| match &bindings[*name] {
        MacroBinding::Repeated(values) => Some(values.len()),
        MacroBinding::Single(_) => None,
    });
    let mut output = TokenStream::new();
    for round in 0..rounds.min()? {
        let mut inner = bindings.clone();
        for name in &used {
            if let MacroBinding::Repeated(values) = &bindings[*name] {
                inner.insert((*name).clone(), values[round].clone());
            }
        }
        if let (Some(separator), true) = (separator, round > 0) {
            output.extend(separator.parse::<TokenStream>().ok()?);
        }
        output.extend(transcribe(body.clone(), &inner)?);
    }
    Some(output)
}

/// Whether tokens contain a name of a pattern.
fn uses(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => uses(group.stream(), name),
        TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use crate::structure::source_tree::fixtures::tree;

    #[test]
    fn items_made_by_the_crates_own_macros_are_part_of_the_tree() {
        let tree = tree(&[
            ("lib.rs", "#[macro_use] mod define; mod words; println!(\"not ours\");"),
            (
                "define.rs",
                "macro_rules! words {
                    ($(#[$doc:meta])* $name:ident, default $default:ident { $($(#[$about:meta])* $word:ident = $text:literal,)+ }) => {
                        $(#[$doc])* pub enum $name { $($word,)+ }
                        impl $name { pub const TEXTS: &[&str] = &[$($text),+]; pub fn new() -> $crate::T { Self::$default } }
                    };
                }",
            ),
            ("words.rs", "words! { #[derive(Debug)] Mode, default Fast { /// Quick.\n Fast = \"fast\", Slow = \"slow\", } }"),
        ]);
        let module = tree.modules.iter().find(|module| module.path == ["words"]).unwrap();
        let text: Vec<String> = module.items.iter().map(|item| item.to_token_stream().to_string()).collect();
        let expected = [
            "# [derive (Debug)] pub enum Mode { Fast , Slow , }",
            "impl Mode { pub const TEXTS : & [& str] = & [\"fast\" , \"slow\"] ; pub fn new () -> crate :: T { Self :: Fast } }",
        ];
        assert_eq!(text, expected);
    }
}
