# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Top-1 accuracy against the median time of one image, with both intervals. A workload and variant is a
# level line through its cases, named once at the right.
TITLE_HEIGHT = 44 + 18 * (narrow ? LEGEND_LINES_NARROW : LEGEND_LINES_WIDE)
PLOT_HEIGHT = narrow ? 260 : 300
AXIS_HEIGHT = 34
HEIGHT = TITLE_HEIGHT + PLOT_HEIGHT + AXIS_HEIGHT + NOTES_HEIGHT
LEFT = narrow ? 50 : 60
RIGHT = narrow ? 114 : 230

@OPEN_TERMINAL
set lmargin at screen sx(LEFT)
set rmargin at screen sx(WIDTH - RIGHT)
set tmargin at screen sy(TITLE_HEIGHT)
set bmargin at screen sy(TITLE_HEIGHT + PLOT_HEIGHT)
set logscale x
set xrange [X_LOW:X_HIGH]
set yrange [Y_LOW:Y_HIGH]
set xtics scale 0 offset 0,0.35 textcolor rgb MUTED font MIDDLE format ''
set ytics scale 0 offset 0.6,0 textcolor rgb MUTED font MIDDLE format ''
set xtics ()
set ytics ()
do for [i = 1:(narrow ? X_NARROW_TICKS : X_WIDE_TICKS)] {
    if (narrow) { set xtics add (X_NARROW_TEXT[i] X_NARROW_TICK[i]) }
    if (!narrow) { set xtics add (X_WIDE_TEXT[i] X_WIDE_TICK[i]) }
}
do for [i = 1:Y_TICKS] { set ytics add (Y_TEXT[i] Y_TICK[i]) }
set grid xtics ytics back linetype 1 linecolor rgb RULE linewidth 1
set border 3 linecolor rgb RULE

set label title at screen sx(8), screen sy(15) textcolor rgb STRONG_INK font HEADING
do for [i = 1:backends] {
    x = narrow ? BACKEND_X_NARROW[i] : BACKEND_X_WIDE[i]
    y = 42 + 18 * (narrow ? BACKEND_LINE_NARROW[i] : BACKEND_LINE_WIDE[i])
    set object circle at screen sx(x + 5), screen sy(y) size screen sx(5) \
        fillcolor rgb BACKEND_COLOR[i] fillstyle solid noborder
    set label BACKEND[i] at screen sx(x + 15), screen sy(y) textcolor rgb MUTED font MIDDLE
}
do for [i = 1:notes] {
    set label note(i) at screen sx(8), screen sy(HEIGHT - NOTES_HEIGHT + 15 * i) \
        textcolor rgb MUTED font SMALL
}
graph_x(px) = 1.0 + real(px) / (WIDTH - LEFT - RIGHT)
do for [i = 1:groups] {
    at = narrow ? NAME_AT_NARROW[i] : NAME_AT_WIDE[i]
    set arrow from GROUP_HIGH[i], GROUP_Y[i] to graph 1, first GROUP_Y[i] nohead back \
        linecolor rgb RULE linewidth 1
    set arrow from graph 1, first GROUP_Y[i] to graph graph_x(12), graph at nohead back \
        linecolor rgb RULE linewidth 1
    set label (narrow ? NAME_NARROW[i] : NAME_WIDE[i].'  '.NAME_VALUE[i]) at \
        graph graph_x(16), graph at textcolor rgb INK font (narrow ? MIDDLE : PLAIN)
}
plot $links using 1:2 with lines linewidth 1 linecolor rgb MUTED notitle, \
     $points using 1:5:(0):($6 - $5):($7 + 0x80000000) with vectors nohead linewidth 1.2 \
         linecolor rgb variable notitle, \
     $points using 2:4:($3 - $2):(0):7 with vectors nohead linewidth 2.5 \
         linecolor rgb variable notitle, \
     $points using ($8 == 1 ? $1 : NaN):4:7 with points pointtype 7 pointsize DOT \
         linecolor rgb variable notitle, \
     $points using ($8 == 1 ? NaN : $1):4 with points pointtype 7 pointsize DOT \
         linecolor rgb PAPER notitle, \
     $points using ($8 == 1 ? NaN : $1):4:7 with points pointtype 6 pointsize DOT linewidth 1.6 \
         linecolor rgb variable notitle
