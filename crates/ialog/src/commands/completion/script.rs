//! Additions to the completion scripts that clap generates. With the additions, the scripts complete `--contract` and
//! `--profile` by calling the program, and offer files only for values that are files.

use std::collections::BTreeSet;

/// The arguments that the scripts complete by calling the program.
pub(super) const DYNAMIC_ARGS: [&str; 2] = ["contract", "profile"];

/// Completes `--contract` and `--profile`, and calls the generated function for everything else. bash splits
/// `--flag=value` into three words, so the word before the value may be `=`.
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

/// Functions that are inserted after the first line of the generated script.
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

/// Inserted at the beginning of the generated script block.
const POWERSHELL: &str = r#"
    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $candidates = switch ("$($typed[-1])") {
        '--contract' { @('all') + @(ialog __complete contracts 2>$null) }
        '--profile' { @(ialog __complete profiles 2>$null) }
    }
    if ($candidates) {
        return $candidates | Where-Object { $_ -like "$wordToComplete*" } |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
    }
    # If this script block returns nothing, the shell offers files.
    if ("$($typed[-1])" -cin {flags}) {
        return
    }
"#;

/// Replaces the end of the generated script block. If no completion matches the typed word, the shell offers files for
/// commands that take files, and nothing for other commands.
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

/// Adds functions for the values of `--contract` and `--profile`, and makes the generated script call them.
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
    // The first line must stay first: `#compdef ialog` names the program whose arguments are completed.
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
    let asking = POWERSHELL.replace("{flags}", &powershell_array(flags));
    let end = "    $completions.Where{ $_.CompletionText -like \"$wordToComplete*\" } |\n";
    let fitting = POWERSHELL_END.replace("{files}", &powershell_array(files));
    let asks = generated.replacen(begin, &format!("{begin}{asking}"), 1);
    asks.replacen(end, &fitting, 1)
}

/// A PowerShell array of words.
fn powershell_array(words: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("'{word}'")).collect();
    format!("@({})", quoted.join(", "))
}
