# Completions of nodepool for bash. The program itself says what can stand where, and asks the running daemon for names and ids.
_nodepool() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("${1/#\~\//$HOME/}" complete bash -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
    case ${COMPREPLY[0]-} in
    :file) COMPREPLY=() && compopt -o default 2>/dev/null ;;
    :folder) COMPREPLY=() && compopt -o dirnames 2>/dev/null ;;
    esac
    return 0
}
complete -F _nodepool nodepool
