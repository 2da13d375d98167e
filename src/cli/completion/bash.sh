# bash completion of kubectl-diagnose: what it offers is what kubectl offers for `kubectl diagnose`
_kubectl_diagnose() {
    local out value words line=${COMP_LINE:0:COMP_POINT}
    # bash parts words at `=`; the tool wants them whole, and gives what stands behind it
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    COMPREPLY=()
    out=$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null) || return
    while IFS= read -r value; do
        value=${value%%$'\t'*}
        [[ $value == :* ]] || COMPREPLY+=("$value")
    done <<<"$out"
    [[ ${out##*:} == 0 ]] && compopt -o default 2>/dev/null
    return 0
}
complete -F _kubectl_diagnose kubectl-diagnose
