# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Latency of each case: a panel a workload, a row a case. Section 1 has the time on a log scale: a line
# from fastest to slowest sample, a tick at the 99th percentile, a dot at the median. Section 2 has the
# density of the samples around their median. Side by side, on a phone one above the other.
ROW = narrow ? 24 : 26
TITLE_HEIGHT = 34
SECTION_HEIGHT = 18
PANEL_TITLE_HEIGHT = 24
AXIS_HEIGHT = 28
section_height = SECTION_HEIGHT + panels * (PANEL_TITLE_HEIGHT + AXIS_HEIGHT) + rows * ROW
HEIGHT = TITLE_HEIGHT + (narrow ? 2 * section_height + 14 : section_height) + NOTES_HEIGHT
LABEL_RIGHT = narrow ? 114 : 166

@OPEN_TERMINAL
set multiplot
do for [s = 1:2] {
    left = narrow ? 124 : (s == 1 ? 176 : 438)
    right = narrow ? (s == 1 ? WIDTH - 66 : WIDTH - 26) : (s == 1 ? 400 : 572)
    base = TITLE_HEIGHT + (narrow ? (s - 1) * (section_height + 14) : 0)
    do for [p = 1:panels] {
        first = PANEL_FIRST[p]
        n = PANEL_ROWS[p]
        top = base + SECTION_HEIGHT + p * PANEL_TITLE_HEIGHT + (p - 1) * AXIS_HEIGHT + (first - 1) * ROW
        set lmargin at screen sx(left)
        set rmargin at screen sx(right)
        set tmargin at screen sy(top)
        set bmargin at screen sy(top + n * ROW)
        set yrange [n + 0.5:0.5]
        unset ytics
        set xtics scale 0 offset 0,0.35 textcolor rgb MUTED font MIDDLE format ''
        set xtics ()
        if (s == 1) {
            set logscale x
            set xrange [PANEL_LOW[p]:PANEL_HIGH[p]]
            tick = narrow ? PANEL_TICK_NARROW[p] : PANEL_TICK_WIDE[p]
            ticks = narrow ? PANEL_TICKS_NARROW[p] : PANEL_TICKS_WIDE[p]
            do for [i = tick:tick + ticks - 1] {
                if (narrow) { set xtics add (TICK_TEXT_NARROW[i] TICK_NARROW[i]) }
                if (!narrow) { set xtics add (TICK_TEXT_WIDE[i] TICK_WIDE[i]) }
            }
        } else {
            unset logscale x
            set xrange [RATIO_LOW:RATIO_HIGH]
            do for [i = 1:RATIO_TICKS] { set xtics add (RATIO_TEXT[i] RATIO_TICK[i]) }
        }
        set grid xtics back linetype 1 linecolor rgb RULE linewidth 1
        set border 1 linecolor rgb RULE
        unset label
        if (s == 1 || narrow) {
            set label PANEL_TITLE[p] at screen sx(8), screen sy(top - 10) textcolor rgb STRONG_INK font STRONGER
            do for [i = 1:n] {
                row = first + i - 1
                set label (narrow ? LABEL_NARROW[row] : LABEL_WIDE[row]) at \
                    screen sx(LABEL_RIGHT), first i right textcolor rgb INK font (narrow ? MIDDLE : PLAIN)
            }
        }
        if (p == 1) {
            set label (s == 1 ? 'time' : 'spread around the median') at \
                screen sx(left), screen sy(base + 8) textcolor rgb MUTED font MIDDLE
        }
        if (s == 1 && p == 1) {
            set label title at screen sx(8), screen sy(15) textcolor rgb STRONG_INK font HEADING
            do for [i = 1:notes] {
                set label note(i) at screen sx(8), screen sy(HEIGHT - NOTES_HEIGHT + 15 * i) \
                    textcolor rgb MUTED font SMALL
            }
            value_x = narrow ? WIDTH - 4 : 644
            set label 'median' at screen sx(value_x), screen sy(base + 8) right \
                textcolor rgb MUTED font MIDDLE
            if (!narrow) {
                set label '95 %' at screen sx(698), screen sy(base + 8) right \
                    textcolor rgb MUTED font MIDDLE
                set label 'n' at screen sx(752), screen sy(base + 8) right textcolor rgb MUTED font MIDDLE
            }
        }
        if (s == 1) {
            do for [i = 1:n] {
                row = first + i - 1
                set label VALUE[row] at screen sx(narrow ? WIDTH - 4 : 644), first i right \
                    textcolor rgb (narrow ? INK : STRONG_INK) font (narrow ? MIDDLE : STRONG)
                if (!narrow) {
                    set label SPREAD[row] at screen sx(698), first i right textcolor rgb MUTED font MIDDLE
                    set label COUNT[row] at screen sx(752), first i right textcolor rgb MUTED font MIDDLE
                }
            }
            plot $rows every ::(first - 1)::(first + n - 2) using 2:1:($4 - $2):(0) \
                     with vectors nohead linewidth 1.2 linecolor rgb MUTED notitle, \
                 $rows every ::(first - 1)::(first + n - 2) using 3:($1 - 0.22):(0):(0.44) \
                     with vectors nohead linewidth 1.4 linecolor rgb INK notitle, \
                 $rows every ::(first - 1)::(first + n - 2) using 5:1:(COLOR[first - 1 + int($1)]) \
                     with points pointtype 7 pointsize DOT linecolor rgb variable notitle
        } else {
            plot for [i = 1:n] $shape index (first + i - 2) using 1:(i + 0.38 - 0.78 * $2) \
                     with filledcurves y=(i + 0.38) fillstyle transparent solid 0.40 noborder \
                     linecolor rgb COLOR[first + i - 1] notitle, \
                 for [i = 1:n] $shape index (first + i - 2) using 1:(i + 0.38 - 0.78 * $2) \
                     with lines linewidth 1.2 linecolor rgb COLOR[first + i - 1] notitle, \
                 $dots using ($3 >= first && $3 < first + n ? $1 : RATIO_HIGH + 1):2 \
                     with points pointtype 7 pointsize 0.5 * DOT linecolor rgb INK notitle
        }
    }
}
unset multiplot
