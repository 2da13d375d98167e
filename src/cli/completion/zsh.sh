#compdef kubectl-diagnose
# zsh completion of kubectl-diagnose: what it offers is what kubectl offers for `kubectl diagnose`
_kubectl-diagnose() {
    local out line value
    local -a offers
    out=$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null) || return
    [[ ${words[CURRENT]} == --*=* ]] && compset -P '*='
    for line in "${(@f)out}"; do
        case $line in
            :0) _files; return ;;
            '' | :*) ;;
            *)
                value=${${line%%$'\t'*}//:/\\:}
                [[ $line == *$'\t'* ]] && value+=":${line#*$'\t'}"
                offers+=("$value")
                ;;
        esac
    done
    _describe 'kubectl-diagnose' offers
}
compdef _kubectl-diagnose kubectl-diagnose
