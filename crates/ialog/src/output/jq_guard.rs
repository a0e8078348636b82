//! Limits of a jq expression. A call of `__step` is inserted wherever an expression can repeat or collect something.
//! `__step` counts its calls. It ends the evaluation if there were too many steps, if too little stack is left, or if a
//! value is too large. An expression cannot catch this, because `__step` does not return a jq error, but unwinds the
//! stack of the thread.

use std::cell::Cell;
use std::panic::resume_unwind;

use jaq_core::data::JustLut;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::native::{bome, v};
use jaq_core::ops::Math;
use jaq_core::path::{Part, Path};
use jaq_core::{Native, box_iter, native};
use jaq_json::{Num, Val};

/// Size of the stack of the thread that evaluates expressions. With this size, a value can be printed and dropped even
/// if each of the [`MAX_STEPS`] steps adds one level of nesting. Only the part of the stack that is used takes memory.
pub(super) const STACK_BYTES: usize = 256 << 20;

/// Number of bytes of the stack that an evaluation may use. The rest is for printing and dropping values.
const MAX_STACK: usize = STACK_BYTES / 2;

/// Maximum number of steps per record. An expression that visits each value of a record of 100 kB takes 10,000 steps.
const MAX_STEPS: u64 = 100_000;

/// Maximum length in bytes of a string, and of the output for a record. If the record is longer than half of this
/// value, the maximum is twice the length of the record.
const MAX_BYTES: usize = 4 << 20;

/// Name of the filter that counts steps and checks the limits.
const STEP: &str = "__step";

/// Name of the filter that replaces multiplication. In jq, multiplying a string by a number repeats the string, so the
/// length of the result must be checked before the multiplication.
const MULTIPLY: &str = "__multiply";

/// The reason why an evaluation was ended.
pub(super) struct LimitReached(pub(super) String);

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(MAX_BYTES) };
    static STACK_START: Cell<usize> = const { Cell::new(0) };
}

/// Begins the evaluation of a record.
pub(super) fn begin(record_bytes: usize) {
    STEPS.set(0);
    BYTES.set(MAX_BYTES.max(record_bytes.saturating_mul(2)));
    STACK_START.set(stack_address());
}

/// Ends the evaluation if a text is too long.
pub(super) fn check_length(bytes: usize) {
    let max = BYTES.get();
    if bytes > max {
        end(format!("a string or the output is longer than {max} bytes"));
    }
}

fn end(reason: String) -> ! {
    resume_unwind(Box::new(LimitReached(reason)))
}

fn step(value: &Val) {
    STEPS.set(STEPS.get() + 1);
    if STEPS.get() > MAX_STEPS {
        end(format!("it takes more than {MAX_STEPS} steps"));
    }
    if STACK_START.get().abs_diff(stack_address()) > MAX_STACK {
        end("it is nested too deeply".to_owned());
    }
    match value {
        Val::TStr(text) | Val::BStr(text) => check_length(text.len()),
        Val::Num(Num::BigInt(number)) => check_length(usize::try_from(number.bits()).unwrap_or(usize::MAX)),
        _ => {}
    }
}

/// The address of a local variable. Its distance from [`STACK_START`] shows how much of the stack is used.
#[inline(never)]
fn stack_address() -> usize {
    let marker = 0_u8;
    std::hint::black_box(&raw const marker) as usize
}

fn multiply(one: Val, other: Val) -> jaq_core::ValR<Val> {
    let times = |text: &[u8], number: &Num| match number {
        Num::Int(count) => check_length(text.len().saturating_mul(usize::try_from(*count).unwrap_or_default())),
        Num::BigInt(_) => check_length(usize::MAX),
        _ => {}
    };
    match (&one, &other) {
        (Val::TStr(text) | Val::BStr(text), Val::Num(number))
        | (Val::Num(number), Val::TStr(text) | Val::BStr(text)) => {
            times(text, number);
        }
        _ => {}
    }
    one * other
}

/// The filters that [`guard`] inserts.
pub(super) fn filters() -> [native::Fun<JustLut<Val>>; 2] {
    let step = Native::<JustLut<Val>>::new(|cv| {
        step(&cv.1);
        box_iter::box_once(Ok(cv.1))
    })
    .with_paths(|cv| {
        step(&cv.1.0);
        box_iter::box_once(Ok(cv.1))
    })
    .with_update(|cv, update| {
        step(&cv.1);
        update(cv.1)
    });
    let multiply = Native::<JustLut<Val>>::new(|mut cv| {
        let other = cv.0.pop_var();
        let one = cv.0.pop_var();
        bome(multiply(one, other))
    });
    [(STEP, v(0), step), (MULTIPLY, v(2), multiply)]
}

/// Inserts calls of the [`filters`] into a definition.
pub(super) fn guard_definition(definition: Def<&str>) -> Def<&str> {
    Def { body: step_before(guard(definition.body)), ..definition }
}

fn step_call<'a>() -> Term<&'a str> {
    Term::Call(STEP, Vec::new())
}

fn step_before(term: Term<&str>) -> Term<&str> {
    Term::BinOp(Box::new(step_call()), BinaryOp::Pipe(None), Box::new(term))
}

fn step_after(term: Term<&str>) -> Term<&str> {
    Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(step_call()))
}

fn guard_box(term: Term<&str>) -> Box<Term<&str>> {
    Box::new(guard(term))
}

/// Inserts calls of the [`filters`] into a term.
pub(super) fn guard(term: Term<&str>) -> Term<&str> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => term,
        Term::Str(format, parts) => {
            let parts = parts.into_iter().map(|part| match part {
                StrPart::Term(term) => StrPart::Term(step_after(guard(term))),
                part => part,
            });
            Term::Str(format, parts.collect())
        }
        Term::Arr(Some(items)) => Term::Arr(Some(Box::new(step_after(guard(*items))))),
        Term::Obj(members) => {
            let members = members.into_iter();
            Term::Obj(members.map(|(key, value)| (guard(key), value.map(|value| step_after(guard(value))))).collect())
        }
        Term::Neg(term) => Term::Neg(guard_box(*term)),
        Term::BinOp(left, BinaryOp::Math(Math::Mul), right) => {
            Term::Call(MULTIPLY, vec![step_after(guard(*left)), step_after(guard(*right))])
        }
        Term::BinOp(path, BinaryOp::UpdateMath(Math::Mul), factor) => {
            const FACTOR: &str = "$__factor";
            let product = Term::Call(MULTIPLY, vec![step_call(), Term::Var(FACTOR)]);
            let update = Term::BinOp(guard_box(*path), BinaryOp::Update, Box::new(product));
            Term::BinOp(guard_box(*factor), BinaryOp::Pipe(Some(Pattern::Var(FACTOR))), Box::new(update))
        }
        Term::BinOp(left, operator @ BinaryOp::Math(_), right) => {
            Term::BinOp(Box::new(step_after(guard(*left))), operator, guard_box(*right))
        }
        Term::BinOp(left, operator, right) => {
            let right = guard(*right);
            let right = match operator {
                BinaryOp::Pipe(_) | BinaryOp::Update => step_before(right),
                _ => right,
            };
            Term::BinOp(guard_box(*left), operator, Box::new(right))
        }
        Term::Label(name, term) => Term::Label(name, guard_box(*term)),
        Term::Fold(name, items, pattern, terms) => {
            let items = Box::new(step_after(guard(*items)));
            Term::Fold(name, items, pattern, terms.into_iter().map(|term| step_before(guard(term))).collect())
        }
        Term::TryCatch(term, catch) => Term::TryCatch(guard_box(*term), catch.map(|catch| guard_box(*catch))),
        Term::IfThenElse(branches, otherwise) => {
            let branches = branches.into_iter().map(|(test, then)| (guard(test), guard(then)));
            Term::IfThenElse(branches.collect(), otherwise.map(|otherwise| guard_box(*otherwise)))
        }
        Term::Def(definitions, term) => {
            let definitions = definitions.into_iter();
            let guarded = definitions.map(|one| Def { body: step_before(guard(one.body)), ..one });
            Term::Def(guarded.collect(), guard_box(*term))
        }
        Term::Call(name, arguments) => {
            Term::Call(name, arguments.into_iter().map(|argument| step_after(guard(argument))).collect())
        }
        Term::Path(term, Path(parts)) => {
            let parts = parts.into_iter().map(|(part, optional)| {
                let part = match part {
                    Part::Index(index) => Part::Index(guard(index)),
                    Part::Range(from, to) => Part::Range(from.map(guard), to.map(guard)),
                };
                (part, optional)
            });
            Term::Path(guard_box(*term), Path(parts.collect()))
        }
    }
}
