# Plots of the figures that ./dev bench took, as svg beside them: what is missing is left out, and a line says so.
#
#   gnuplot -e "folder='build/bench'" tests/bench/plots.gnuplot
set terminal svg noenhanced size 960,540 font "sans-serif,13" background "white"
set datafile separator "\t"
set datafile commentschars "#"
set key below
set grid

has(name) = system("test -s '".folder."/".name."' && echo 1 || echo 0") + 0
# The different values of a column, as words: a space within one is a ~.
cells(name) = "grep -v '^#' '".folder."/".name."' | tail -n +2"
values(name, column) = system(cells(name)." | cut -f".column." | awk '!seen[$0]++' | tr ' ' '~'")
spaced(word) = system("echo '".word."' | tr '~' ' '")
# The rows for which an expression of awk's holds.
rows(name, test) = "< ".cells(name)." | awk -F'\t' '".test."'"

if (has("history.tsv")) {
    set logscale x 10
    set xlabel "snapshots in the repository"
    operations = values("history.tsv", "2")
    of(word) = rows("history.tsv", "$2 == \"".spaced(word)."\"")

    set output folder."/history-time.svg"
    set title "Time by length of history"
    set ylabel "seconds"
    set yrange [0:*]
    plot for [o in operations] of(o) using 1:3 with linespoints linewidth 2 title spaced(o)

    set output folder."/history-memory.svg"
    set title "Peak memory by length of history"
    set ylabel "MiB"
    plot for [o in operations] of(o) using 1:5 with linespoints linewidth 2 title spaced(o)
    unset logscale x
} else {
    print "no history.tsv: its plots are left out"
}

if (has("index.tsv")) {
    set logscale xy 10
    set xlabel "chunks in the index"
    set output folder."/index-lookups.svg"
    set title "Lookups in the index by its size, one thread"
    set ylabel "lookups a second"
    set yrange [*:*]
    kinds = "'known, in stored order, with locality' 'known, shuffled, with locality' 'unknown, with locality'"
    plot for [k in kinds] rows("index.tsv", "$2 == \"lookups: ".k."\" && $4 == \"/s\"") using 1:3 \
        with linespoints linewidth 2 title k

    set output folder."/index-memory.svg"
    set title "Peak memory of building an index and of looking up in it"
    set ylabel "MiB"
    unset logscale y
    set yrange [0:*]
    plot for [s in "sync measure"] rows("index.tsv", "$2 == \"".s.": peak memory\"") using 1:3 \
        with linespoints linewidth 2 title s, 256 with lines dashtype 2 title "budget"
    unset logscale
} else {
    print "no index.tsv: its plots are left out"
}

if (has("stages.tsv")) {
    set output folder."/stages.svg"
    set title "Stages, one thread"
    set ylabel "GB a second"
    set xlabel ""
    set yrange [0:*]
    set xtics rotate by -45
    set style fill solid 0.6
    set boxwidth 0.7
    set rmargin 14
    unset key
    plot rows("stages.tsv", "$3 == \"bytes\"") using ($2/1e9):xtic(1) with boxes
    set key below
    set rmargin -1
} else {
    print "no stages.tsv: its plot is left out"
}

if (has("peers.tsv")) {
    corpora = values("peers.tsv", "1")
    tools = values("peers.tsv", "3")
    set style data histograms
    set style histogram clustered gap 1
    set style fill solid 0.6
    set xtics norotate
    set xlabel ""
    do for [corpus in corpora] {
        set output folder."/peers-".corpus.".svg"
        set title "Seconds, ".corpus
        set ylabel "seconds"
        set yrange [0:*]
        plot for [t in tools] rows("peers.tsv", "$1 == \"".corpus."\" && $3 == \"".t."\"") using 4:xtic(2) title t
    }
} else {
    print "no peers.tsv: its plots are left out"
}
