//! Compiles and runs jq expressions, so that `--jq` works without an installed jq.

use jaq_core::compile::{Compiler, Filter};
use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Native, Vars};
use jaq_json::{Val, read};

use crate::error::CommandError;

/// Formats of jq that the jaq crates do not define.
const FORMATS: &str = r#"
    def __cell(string): if . == null then "" elif type == "string" then string
        elif type == "array" or type == "object" then error("a cell of @csv or @tsv cannot be an \(type)")
        else tojson end;
    def __in($from; $to): split($from) | join($to);
    def @csv: map(__cell("\"" + __in("\""; "\"\"") + "\"")) | join(",");
    def @tsv: map(__cell(__in("\\"; "\\\\") | __in("\t"; "\\t") | __in("\n"; "\\n") | __in("\r"; "\\r"))) | join("\t");
"#;

/// A compiled expression.
pub(crate) struct JqExpression {
    filter: Filter<Native<JustLut<Val>>>,
}

impl JqExpression {
    /// Compiles an expression.
    pub(crate) fn compile(expression: &str) -> Result<Self, CommandError> {
        let invalid = |reason: String| {
            CommandError::usage(
                format!("--jq {expression:?} is not a valid jq expression: {}", reason),
                "see the jq manual",
            )
        };
        let formats = jaq_core::load::parse(FORMATS, |parser| parser.defs());
        let definitions =
            jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(formats.into_iter().flatten());
        let functions = jaq_core::funs()
            // `env` is excluded, because an expression that the user copied from an untrusted source must not read the
            // token from the environment.
            .chain(jaq_std::funs().filter(|(name, ..)| *name != "env"))
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let program = File { code: expression, path: () };
        let modules = Loader::new(definitions).load(&arena, program).map_err(|errors| invalid(describe(errors)))?;
        let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
            let unknown = errors.into_iter().flat_map(|(_, unknown)| unknown).next();
            invalid(unknown.map_or_else(
                || "it cannot be parsed".to_owned(),
                |(name, what)| format!("unknown {} {name}", what.as_str()),
            ))
        })?;
        Ok(Self { filter })
    }

    /// Applies the expression to a record. Each result is a line: a string as it is, any other value as JSON.
    pub(crate) fn run(&self, record: &str) -> Result<String, CommandError> {
        let failed = |reason: String| {
            CommandError::usage(
                format!("the --jq expression failed on an event: {}", reason),
                "handle missing members, for example with (.a? // empty)",
            )
        };
        let input = read::parse_single(record.as_bytes()).map_err(|error| failed(error.to_string()))?;
        let context = Ctx::<JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        let mut out = String::new();
        for value in self.filter.id.run((context, input)) {
            // jaq reports `halt` as an exception without an error. `halt` must not end the program before the output is
            // complete, so this exception becomes an error here.
            let value = value.map_err(|end| match end.get_err() {
                Ok(error) => failed(error.to_string()),
                Err(_) => failed("halt is not supported".to_owned()),
            })?;
            let text = match &value {
                Val::TStr(text) => String::from_utf8_lossy(text).into_owned(),
                value => value.to_string(),
            };
            out += &text;
            out.push('\n');
        }
        Ok(out)
    }
}

/// The first syntax error of an expression.
fn describe(errors: jaq_core::load::Errors<&str, ()>) -> String {
    use jaq_core::load::Error;
    for (_, error) in errors {
        let place = match error {
            Error::Io(_) => None,
            Error::Lex(errors) => errors.into_iter().next().map(|(expected, at)| (expected.as_str(), at)),
            Error::Parse(errors) => errors.into_iter().next().map(|(expected, at)| (expected.as_str(), at)),
        };
        if let Some((expected, at)) = place {
            let at = if at.is_empty() { "the end" } else { at };
            return format!("expected {expected} at {at}");
        }
    }
    "it cannot be parsed".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(expression: &str, record: &str) -> String {
        let jq = JqExpression::compile(expression);
        match jq.and_then(|jq| jq.run(record)) {
            Ok(text) => text,
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn each_result_of_an_expression_is_a_line() {
        let record = r#"{"a":[1,2.50,123456789012345678901],"b":"x\ty","c":{"d":null}}"#;
        assert_eq!(run(".a[]", record), "1\n2.50\n123456789012345678901\n");
        assert_eq!(run(".b, .c", record), "x\ty\n{\"d\":null}\n");
        assert_eq!(run("select(.b == \"z\")", record), "");
        assert_eq!(run("[.b, .a[0]] | @tsv", record), "x\\ty\t1\n");
        assert_eq!(run(r#"["a\"b", null, 1.50] | @csv"#, record), "\"a\"\"b\",,1.50\n");
    }

    #[test]
    fn an_invalid_expression_is_a_usage_error() {
        assert_eq!(
            run(".a | foo", "{}"),
            "--jq \".a | foo\" is not a valid jq expression: unknown filter foo: see the jq manual"
        );
        assert!(run(".a[", "{}").contains("is not a valid jq expression"));
        assert!(run(".a + 1 | error", "{}").starts_with("the --jq expression failed on an event"));
    }
}
