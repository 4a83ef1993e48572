#compdef nodepool
# Completions of nodepool for zsh. The program itself says what can stand where, and asks the running daemon for names and ids.
_nodepool() {
    local -a typed values
    local line value
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    for line in "${(@f)$("${(Q)words[1]/#\~\//$HOME/}" complete zsh -- "${(pj:\n:)typed}" 2>/dev/null)}"; do
        case $line in
        :file | :folder)
            [[ $PREFIX == --*=* ]] && compset -P '*='
            if [[ $line == :file ]]; then _files; else _files -/; fi
            return
            ;;
        *$'\t'*)
            # What _describe takes for the end of the value.
            value=${${line%%$'\t'*}//\\/\\\\}
            values+=("${value//:/\\:}:${line#*$'\t'}")
            ;;
        esac
    done
    _describe -V nodepool values
}
_nodepool "$@"
