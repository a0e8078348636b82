//! Compiles and runs jq expressions, so that `--jq` works without an installed jq.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread;

use ionos_activitylog::Event;
use jaq_core::compile::{Compiler, Filter};
use jaq_core::data::JustLut;
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Native, Vars};
use jaq_json::{Val, read};

use super::jq_guard::{self, LimitReached, STACK_BYTES};
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

/// Maximum length of an expression in bytes. The parser is recursive, so a longer expression could overflow the stack.
const MAX_EXPRESSION_BYTES: usize = 10_000;

/// Maximum nesting of a record. Reading, printing and dropping a value are recursive, so a record with more levels
/// could overflow the stack.
const MAX_RECORD_DEPTH: usize = 1000;

/// A record to evaluate, and where to send its result.
struct JqTask {
    record: String,
    result: SyncSender<Result<String, JqFailure>>,
}

/// Why a record has no result.
enum JqFailure {
    /// The expression failed or reached a limit.
    Expression(String),
    /// jq cannot read the record.
    Record(String),
}

/// A compiled expression on a separate thread, with a stack of [`STACK_BYTES`]. The thread ends when the `JqExpression`
/// is dropped. Neither an expression nor a record can end the program, see [`jq_guard`](super::jq_guard).
pub(crate) struct JqExpression {
    tasks: Sender<JqTask>,
}

impl JqExpression {
    /// Compiles an expression.
    pub(crate) fn compile(expression: &str) -> Result<Self, CommandError> {
        let invalid = |reason: String| {
            let shown: String = expression.chars().take(200).collect();
            CommandError::usage(format!("--jq {shown:?} is not a valid jq expression: {reason}"), "see the jq manual")
        };
        if expression.len() > MAX_EXPRESSION_BYTES {
            return Err(invalid(format!("it is longer than {MAX_EXPRESSION_BYTES} bytes")));
        }
        let (tasks, received) = channel::<JqTask>();
        let (compiled, is_valid) = sync_channel(1);
        let owned = expression.to_owned();
        let work = move || {
            let filter = match compile(&owned) {
                Ok(filter) => filter,
                Err(reason) => {
                    let _ = compiled.send(Err(reason));
                    return;
                }
            };
            let _ = compiled.send(Ok(()));
            for JqTask { record, result } in received {
                let _ = result.send(evaluate_within_limits(&filter, &record));
            }
        };
        let no_thread = |error: std::io::Error| {
            CommandError::unexpected(format!("cannot start a thread for --jq ({error})"), "free some memory or threads")
        };
        thread::Builder::new().name("jq".to_owned()).stack_size(STACK_BYTES).spawn(work).map_err(no_thread)?;
        is_valid.recv().unwrap_or_else(|_| Err("it cannot be compiled".to_owned())).map_err(invalid)?;
        Ok(Self { tasks })
    }

    /// Applies the expression to the record of an event. Each result is a line: a string as it is, any other value as
    /// JSON.
    pub(crate) fn run(&self, event: &Event) -> Result<String, CommandError> {
        let (result, received) = sync_channel(1);
        let sent = self.tasks.send(JqTask { record: event.raw().to_owned(), result });
        let result = sent.ok().and_then(|()| received.recv().ok());
        let failed = result.unwrap_or_else(|| Err(JqFailure::Expression("the evaluation has ended early".to_owned())));
        failed.map_err(|failure| match failure {
            JqFailure::Expression(reason) => CommandError::usage(
                format!("the --jq expression failed on event {}: {reason}", event.id()),
                "handle missing members, for example with (.a? // empty)",
            ),
            JqFailure::Record(reason) => CommandError::unexpected(
                format!("jq cannot read the record of event {}: {reason}", event.id()),
                "use -o ndjson, which prints every record",
            ),
        })
    }
}

/// Compiles an expression. The error says why the expression is invalid.
fn compile(expression: &str) -> Result<Filter<Native<JustLut<Val>>>, String> {
    /// Name of the definition whose body is the expression.
    const MAIN: &str = "__main";
    let formats = jaq_core::load::parse(FORMATS, |parser| parser.defs());
    let definitions =
        jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(formats.into_iter().flatten());
    let definitions = definitions.map(|one| jq_guard::guard_definition(one));
    let functions = jaq_core::funs()
        // `env` is excluded, because an expression that the user copied from an untrusted source must not read the
        // token from the environment.
        .chain(jaq_std::funs().filter(|(name, ..)| *name != "env"))
        .chain(jaq_json::funs())
        .chain(jq_guard::filters());
    let arena = Arena::default();
    // The parser of terms knows neither `import` nor `include`, so no expression reads files.
    let Some(term) = jaq_core::load::parse(expression, |parser| parser.term()) else {
        let program = File { code: expression, path: () };
        let loaded = Loader::new([]).load(&arena, program);
        return Err(loaded.err().map_or_else(|| "import and include are not supported".to_owned(), describe));
    };
    let main = Def { name: MAIN, args: Vec::new(), body: jq_guard::guard(term) };
    let program = File { code: MAIN, path: () };
    let modules = Loader::new(definitions.chain([main])).load(&arena, program).map_err(describe)?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let unknown = errors.into_iter().flat_map(|(_, unknown)| unknown).next();
        unknown.map_or_else(
            || "it cannot be parsed".to_owned(),
            |(name, what)| format!("unknown {} {name}", what.as_str()),
        )
    })
}

/// Applies a compiled expression to a record. A panic and a reached limit, which unwind the stack, become errors.
fn evaluate_within_limits(filter: &Filter<Native<JustLut<Val>>>, record: &str) -> Result<String, JqFailure> {
    jq_guard::begin(record.len());
    let result = catch_unwind(AssertUnwindSafe(|| evaluate(filter, record)));
    result.unwrap_or_else(|payload| {
        let limit = payload.downcast::<LimitReached>();
        Err(JqFailure::Expression(limit.map_or_else(|_| "jq has failed".to_owned(), |limit| limit.0)))
    })
}

fn evaluate(filter: &Filter<Native<JustLut<Val>>>, record: &str) -> Result<String, JqFailure> {
    if nesting(record) > MAX_RECORD_DEPTH {
        return Err(JqFailure::Record(format!("it is nested by more than {MAX_RECORD_DEPTH} levels")));
    }
    let record = replace_lone_surrogates(record);
    let input = read::parse_single(record.as_bytes()).map_err(|error| JqFailure::Record(error.to_string()))?;
    let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut out = String::new();
    for value in filter.id.run((context, input)) {
        // jq reports `halt` as an exception without an error. `halt` must not end the program before the output is
        // complete, so this exception becomes an error here.
        let value = value.map_err(|end| match end.get_err() {
            Ok(error) => JqFailure::Expression(error.to_string()),
            Err(_) => JqFailure::Expression("halt is not supported".to_owned()),
        })?;
        let text = match &value {
            Val::TStr(text) => String::from_utf8_lossy(text).into_owned(),
            value => value.to_string(),
        };
        out += &text;
        out.push('\n');
        jq_guard::check_length(out.len());
    }
    Ok(out)
}

/// The deepest nesting of arrays and objects in a JSON text.
fn nesting(json: &str) -> usize {
    let (mut depth, mut deepest, mut is_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_string,
            b'"' => is_string = !is_string,
            b'[' | b'{' if !is_string => depth += 1,
            b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The JSON text with `\ufffd` in place of each escape of a lone surrogate, such as `\ud800`. JSON allows lone
/// surrogates, jq does not.
fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let mut out = String::new();
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let (length, is_lone) = match unit(escape) {
            Some(0xd800..=0xdbff) => match escape.get(6..).and_then(unit) {
                Some(0xdc00..=0xdfff) => (12, false),
                _ => (6, true),
            },
            Some(0xdc00..=0xdfff) => (6, true),
            Some(_) => (6, false),
            None => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), false),
        };
        let (escape, after) = escape.split_at(length);
        out.extend([before, if is_lone { "\\ufffd" } else { escape }]);
        rest = after;
    }
    if out.is_empty() {
        return Cow::Borrowed(json);
    }
    out.push_str(rest);
    Cow::Owned(out)
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
        let event = Event::from_json(record).unwrap();
        match jq.and_then(|jq| jq.run(&event)) {
            Ok(text) => text,
            Err(failure) => format!("{} {failure}", failure.code()),
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
            "2 --jq \".a | foo\" is not a valid jq expression: unknown filter foo: see the jq manual"
        );
        assert!(run(".a[", "{}").contains("is not a valid jq expression"));
        let failed = run(".a + 1 | error", "{}");
        assert!(failed.starts_with("2 the --jq expression failed on event h:"), "{failed}");
        for import in ["import \"/etc/passwd\" as $x; $x", "include \"a\"; .", "import \"a\" as a; 1"] {
            let refused = run(import, "{}");
            assert!(refused.starts_with("2 --jq") && refused.contains("is not a valid jq expression"), "{refused}");
        }
    }

    #[test]
    fn an_expression_within_the_limits_has_the_same_result_as_in_jq() {
        let record = r#"{"a":[1,2,3],"b":{"c":"x","d":[{"e":1}]},"f":2}"#;
        for (expression, expected) in [
            ("[.. | numbers] | add", "9\n"),
            ("reduce .a[] as $x (0; . + $x * 2)", "12\n"),
            (".a |= map(. * 10) | .a", "[10,20,30]\n"),
            (".a[] *= 2 | .a", "[2,4,6]\n"),
            (".b.d[0].e += 1 | .b.d[0]", "{\"e\":2}\n"),
            ("[paths] | length", "10\n"),
            ("del(.a, .b) | keys", "[\"f\"]\n"),
            ("[limit(3; repeat(1))]", "[1,1,1]\n"),
            ("def f(x): x * 2; f(.f)", "4\n"),
            ("\"ab\" * 2", "abab\n"),
            ("\"\\(.f * 3) \\(.b.c)\"", "6 x\n"),
            ("to_entries | map(.key) | join(\"-\")", "a-b-f\n"),
            ("with_entries(select(.key == \"f\"))", "{\"f\":2}\n"),
            ("try error(\"x\") catch .", "x\n"),
            ("label $out | .a[] | if . == 2 then break $out else . end", "1\n"),
            ("[.a[] as [$x] | 1]? // \"none\"", "none\n"),
            ("first(range(10; 100))", "10\n"),
            ("[foreach .a[] as $x (0; . + $x; [$x, .])] | last", "[3,6]\n"),
            ("path(.b.c)", "[\"b\",\"c\"]\n"),
            ("setpath([\"b\", \"c\"]; 5) | .b.c", "5\n"),
            ("walk(if type == \"number\" then . + 1 else . end) | .f", "3\n"),
        ] {
            assert_eq!(run(expression, record), expected, "{expression}");
        }
    }

    #[test]
    fn an_endless_expression_fails_without_ending_the_program() {
        for expression in [
            "def f: 1 + f; f",
            "def f: f; f",
            "def f: [f]; f",
            "def f: try f catch f; f",
            "repeat(1)",
            "[range(1e18)]",
            "last(range(1e18))",
            "range(1e18) | empty",
            "range(1e18)",
            "reduce range(1e18) as $x (0; . + $x)",
            "reduce range(100) as $x (\"x\"; . + .)",
            "reduce range(100) as $x (\"x\"; . * 2)",
            "reduce range(100) as $x (3; . * .)",
            "reduce range(1e18) as $x (.; [.])",
            "reduce range(1e18) as $x (.; {a: .})",
            "\"x\" * 1e18",
            "\"x\" * 1000000000000",
            ".a = \"x\" | .a *= 100000000000000000000000",
            "until(false; .)",
            "[recurse(.)]",
            "isempty(range(1e18) | empty)",
        ] {
            let failed = run(expression, "{}");
            assert!(failed.starts_with("2 the --jq expression failed on event"), "{expression}: {failed:.200}");
        }
        for nested in [format!("{}1{}", "(".repeat(4_999), ")".repeat(4_999)), "[".repeat(9_000), "-".repeat(9_000)] {
            let result = run(&nested, "{}");
            assert!(!result.is_empty(), "{nested:.10}");
        }
        assert!(run(&"(".repeat(100_000), "{}").contains("longer than 10000 bytes"));
    }

    #[test]
    fn a_record_that_jq_cannot_read_is_not_a_usage_error() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
        let failed = run(".a", &deep);
        assert!(failed.starts_with("1 jq cannot read the record of event h:"), "{failed:.200}");
        // A lone surrogate is replaced, and a surrogate pair stays.
        for (json, expected) in [
            (r#"{"a":"x\ud800y"}"#, "x\u{fffd}y\n"),
            (r#"{"a":"\udc00\ud800"}"#, "\u{fffd}\u{fffd}\n"),
            (r#"{"a":"\ud83d\ude00"}"#, "😀\n"),
            (r#"{"a":"\\ud800 \u00e4\n"}"#, "\\ud800 ä\n\n"),
            (r#"{"\ud800":1,"a":"ok"}"#, "ok\n"),
        ] {
            assert_eq!(run(".a", json), expected, "{json}");
        }
    }
}
