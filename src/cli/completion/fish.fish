# fish completion of kubectl-diagnose: what it offers is what kubectl offers for `kubectl diagnose`
function __kubectl_diagnose_offers
    set -l last (commandline -ct)
    set -l words (commandline -opc)
    set -l out ($words[1] __complete $words[2..] "$last" 2>/dev/null)
    set -l before (string match -r '^--[^=]*=' -- $last)
    set -q before[1]; or set before ''
    if test "$out[-1]" = ':0'
        printf '%s\n' $before(__fish_complete_path (string replace -r '^--[^=]*=' '' -- $last))
    else
        printf '%s\n' $before(string match -rv '^:' -- $out)
    end
end
complete -c kubectl-diagnose -f -a '(__kubectl_diagnose_offers)'
