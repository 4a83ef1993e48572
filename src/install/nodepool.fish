# Completions of nodepool for fish. The program itself says what can stand where, and asks the running daemon for names and ids.
function __nodepool_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l plain (string unescape -- $current)
    test (count $plain) -eq 1; or set plain $current
    test (count $plain) -eq 1; or set plain ''
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l typed ''
    for word in $words[2..-1]
        set typed "$typed$word"\n
    end
    set typed "$typed$plain"
    for line in ($program complete fish -- "$typed" 2>/dev/null)
        switch $line
            case ':file' ':folder'
                set -l before (string match -r -- '^--[^=]+=' $plain)
                set -l path (string replace -r -- '^--[^=]+=' '' $plain)
                test $line = ':file'; and set -l found (__fish_complete_path $path); or set -l found (__fish_complete_directories $path)
                printf "$before%s\n" $found
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c nodepool -f -a '(__nodepool_complete)'
