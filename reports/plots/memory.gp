# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Memory of each workload, variant and backend: what the plan holds, and the peak of a process. Two
# plots of the same rows, side by side, on a phone one above the other. Inside a plot y is in pixels.
SECTION_HEIGHT = 46
AXIS_HEIGHT = 30
TITLE_HEIGHT = 34
section_height = SECTION_HEIGHT + PLOT_HEIGHT + AXIS_HEIGHT
HEIGHT = TITLE_HEIGHT + (narrow ? 2 * section_height + 14 : section_height) + NOTES_HEIGHT
LABEL_RIGHT = narrow ? 112 : 160

array PART_COLOR[3] = [PALETTE[1], PALETTE[6], PALETTE[8]]
array RSS_COLOR[2] = [PALETTE[8], PALETTE[4]]
array LEGEND[5] = ['packed weights', 'arena', 'tables', 'program alone', 'with the model']
array LEGEND_COLOR[5] = [PART_COLOR[1], PART_COLOR[2], PART_COLOR[3], RSS_COLOR[1], RSS_COLOR[2]]
array LEGEND_X[5] = [0, 112, 166, 0, 104]

@OPEN_TERMINAL
set multiplot
do for [s = 1:2] {
    left = narrow ? 122 : (s == 1 ? 170 : 530)
    right = narrow ? WIDTH - 70 : (s == 1 ? 430 : 684)
    base = TITLE_HEIGHT + (narrow ? (s - 1) * (section_height + 14) : 0)
    top = base + SECTION_HEIGHT
    set lmargin at screen sx(left)
    set rmargin at screen sx(right)
    set tmargin at screen sy(top)
    set bmargin at screen sy(top + PLOT_HEIGHT)
    set xrange [0:s == 1 ? PLAN_HIGH : RSS_HIGH]
    set yrange [PLOT_HEIGHT:0]
    unset ytics
    set xtics scale 0 offset 0,0.35 textcolor rgb MUTED font MIDDLE format ''
    set xtics ()
    do for [i = 1:(s == 1 ? PLAN_TICKS : RSS_TICKS)] {
        if (s == 1) { set xtics add (PLAN_TEXT[i] PLAN_TICK[i]) }
        if (s == 2) { set xtics add (RSS_TEXT[i] RSS_TICK[i]) }
    }
    set grid xtics back linetype 1 linecolor rgb RULE linewidth 1
    set border 1 linecolor rgb RULE
    unset label
    unset object
    if (s == 1) {
        set label title at screen sx(8), screen sy(15) textcolor rgb STRONG_INK font HEADING
        do for [i = 1:notes] {
            set label note(i) at screen sx(8), screen sy(HEIGHT - NOTES_HEIGHT + 15 * i) \
                textcolor rgb MUTED font SMALL
        }
    }
    section_left = narrow ? 8 : left
    set label (s == 1 ? 'held by the plan' : 'peak resident set') at \
        screen sx(section_left), screen sy(base + 10) textcolor rgb STRONG_INK font STRONG
    do for [k = (s == 1 ? 1 : 4):(s == 1 ? 3 : 5)] {
        x = section_left + LEGEND_X[k]
        set object rectangle from screen sx(x), screen sy(base + 24) \
            to screen sx(x + 10), screen sy(base + 34) \
            fillcolor rgb LEGEND_COLOR[k] fillstyle solid noborder
        set label LEGEND[k] at screen sx(x + 15), screen sy(base + 29) textcolor rgb MUTED font MIDDLE
    }
    do for [i = 1:rows] {
        if (s == 1 || narrow) {
            set label (narrow ? LABEL_NARROW[i] : LABEL_WIDE[i]) at screen sx(LABEL_RIGHT), first ROW_Y[i] \
                right textcolor rgb INK font (narrow ? MIDDLE : PLAIN)
        }
        set label (s == 1 ? PLAN_VALUE[i] : RSS_VALUE[i]) at screen sx(right + 62), first ROW_Y[i] \
            right textcolor rgb INK font (narrow ? MIDDLE : PLAIN)
    }
    do for [i = 1:heads] {
        if (s == 1 || narrow) {
            set label HEAD[i] at screen sx(8), first HEAD_Y[i] textcolor rgb STRONG_INK font STRONG
        }
    }
    if ((s == 1 ? plan_lines : rss_lines) == 0) {
        set label 'not measured' at graph 0.5, first 14 center textcolor rgb MUTED font PLAIN
    }
    if (s == 1) {
        plot $plan using 2:1:2:3:($1 - 8):($1 + 8):(PART_COLOR[int($4)]) \
                 with boxxyerror fillstyle solid noborder linecolor rgb variable notitle, \
             $model using 2:1 with points pointtype 13 pointsize DOT linecolor rgb INK notitle
    } else {
        plot $rss using 2:1:2:3:($1 - 8):($1 + 8):(RSS_COLOR[int($4)]) \
                 with boxxyerror fillstyle solid noborder linecolor rgb variable notitle
    }
}
unset multiplot
