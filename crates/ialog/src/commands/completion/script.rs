//! What is added to the generated scripts: for `--contract` and `--profile` they ask the program, and files are offered
//! where one is to be typed, and nowhere else.

use std::collections::BTreeSet;

/// The arguments for which the scripts ask the program.
pub(super) const ASKED: [&str; 2] = ["contract", "profile"];

/// The generated function decides about everything but the two flags. Their value may stand behind a space or behind `=`,
/// which bash takes for a word of its own.
const BASH: &str = r#"
_ialog_asking() {
    local cur="${COMP_WORDS[COMP_CWORD]}" flag="${COMP_WORDS[COMP_CWORD-1]}"
    if [[ "${cur}" == "=" ]]; then
        cur=""
    elif [[ "${flag}" == "=" ]]; then
        flag="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    case "${flag}" in
        --contract)
            COMPREPLY=($(compgen -W "all $("${COMP_WORDS[0]}" __complete contracts 2>/dev/null)" -- "${cur}"))
            ;;
        --profile)
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" __complete profiles 2>/dev/null)" -- "${cur}"))
            ;;
        *)
            _ialog "$@"
            case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
                {files}) return 0 ;;
            esac
            ;;
    esac
    compopt +o default +o bashdefault 2>/dev/null
}
complete -F _ialog_asking -o bashdefault -o default ialog
"#;

/// Before the function that needs them.
const ZSH: &str = r#"
_ialog_contracts() {
    local -a contracts
    contracts=(all ${(f)"$(ialog __complete contracts 2>/dev/null)"})
    compadd -a contracts
}

_ialog_profiles() {
    local -a profiles
    profiles=(${(f)"$(ialog __complete profiles 2>/dev/null)"})
    compadd -a profiles
}

"#;

const FISH: &str = r#"complete -c ialog -l contract -x -a "all (ialog __complete contracts 2>/dev/null)"
complete -c ialog -l profile -x -a "(ialog __complete profiles 2>/dev/null)"
complete -c ialog -n "not __fish_seen_subcommand_from {files}" -f
"#;

/// At the beginning of the generated block, before it looks at the words.
const POWERSHELL: &str = r#"
    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $asked = switch ("$($typed[-1])") {
        '--contract' { @('all') + @(ialog __complete contracts 2>$null) }
        '--profile' { @(ialog __complete profiles 2>$null) }
    }
    if ($asked) {
        return $asked | Where-Object { $_ -like "$wordToComplete*" } |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
    }
    # Where there is no answer at all the shell offers files.
    if ("$($typed[-1])" -cin {flags}) {
        return
    }
"#;

/// Instead of the end of the generated block: where nothing fits, these commands are offered files, and others get an
/// empty answer.
const POWERSHELL_END: &str = r#"    $fitting = @($completions.Where{ $_.CompletionText -like "$wordToComplete*" })
    if (!$fitting -and "$($typed[1])" -cnotin {files}) {
        return ''
    }
    $fitting |
"#;

pub(super) fn bash(generated: &str, files: &[&str]) -> String {
    let files: Vec<String> = files.iter().map(|one| format!("*\" {one} \"*")).collect();
    format!("{generated}{}", BASH.replace("{files}", &files.join("|")))
}

/// The flags of the generated script say where their values come from.
pub(super) fn zsh(generated: &str) -> String {
    let asking = |line: &str| {
        let source = if line.contains("--contract=[") {
            "_ialog_contracts"
        } else if line.contains("--profile=[") {
            "_ialog_profiles"
        } else {
            return format!("{line}\n");
        };
        format!("{}\n", line.replacen(":_default'", &format!(":{source}'"), 1))
    };
    let lines: String = generated.lines().map(asking).collect();
    // The first line says whose completion it is.
    match lines.split_once('\n') {
        Some((first, rest)) => format!("{first}\n{ZSH}{rest}"),
        None => lines,
    }
}

pub(super) fn fish(generated: &str, files: &[&str]) -> String {
    format!("{generated}{}", FISH.replace("{files}", &files.join(" ")))
}

pub(super) fn powershell(generated: &str, files: &[&str], flags: &BTreeSet<String>) -> String {
    let begin = "param($wordToComplete, $commandAst, $cursorPosition)\n";
    let asking = POWERSHELL.replace("{flags}", &listed(flags));
    let end = "    $completions.Where{ $_.CompletionText -like \"$wordToComplete*\" } |\n";
    let fitting = POWERSHELL_END.replace("{files}", &listed(files));
    let asks = generated.replacen(begin, &format!("{begin}{asking}"), 1);
    asks.replacen(end, &fitting, 1)
}

/// A list of words of PowerShell.
fn listed(words: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("'{word}'")).collect();
    format!("@({})", quoted.join(", "))
}
