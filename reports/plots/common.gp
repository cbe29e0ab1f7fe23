# SPDX-License-Identifier: Apache-2.0
# Copyright The edgedyno authors
#
# Shared by all plots, put between the data and the script of a plot. FORM chooses what is drawn:
# svg (the default), png (the same, twice as fine), narrow (an SVG for a phone).
if (!exists("FORM")) FORM = 'svg'
narrow = FORM eq 'narrow'

WIDTH = narrow ? 360 : 760
PAPER = 0xffffff
INK = 0x1f2328
STRONG_INK = 0x1f2329 # an SVG of gnuplot cannot say bold beside noenhanced: svg_tidy.c makes this so
MUTED = 0x59636e
RULE = 0xd1d9e0
# Okabe and Ito's colours (2008), told apart by the colour-blind; the order is that of the pages.
array PALETTE[8] = [0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xe69f00, 0x8a6d00, 0x7f7f7f]

# Places in pixels from the upper left corner, as shares of the canvas.
sx(x) = real(x) / WIDTH
sy(y) = 1.0 - real(y) / HEIGHT
png = FORM eq 'png'
FAMILY = png ? 'Sans' : 'sans-serif'
BOLD_FAMILY = png ? 'Sans:Bold' : 'sans-serif'
DOT = png ? 0.85 : 0.7 # pointsize: the terminals disagree on what 1 is
SMALL = FAMILY.',10.5'
MIDDLE = FAMILY.',11'
PLAIN = FAMILY.',12'
STRONG = BOLD_FAMILY.',12'
STRONGER = BOLD_FAMILY.',13'
HEADING = BOLD_FAMILY.',15'

notes = narrow ? |NOTE_NARROW| : |NOTE_WIDE|
note(i) = narrow ? NOTE_NARROW[i] : NOTE_WIDE[i]
NOTES_HEIGHT = 10 + 15 * notes

set encoding utf8
set datafile separator whitespace
set datafile missing '?'

# Run when a script knows HEIGHT. noenhanced: text is shown as it is, whatever it holds. gnuplot's PNG
# counts fonts in points, so 1.5 and not 2 keeps their share of a canvas twice as large.
OPEN_TERMINAL = png ? \
    "set terminal pngcairo noenhanced size 2*WIDTH,2*HEIGHT fontscale 1.5 linewidth 2 pointscale 2 ". \
    "font PLAIN background 'white'; set output PLOT.'.png'" : \
    "set terminal svg noenhanced size WIDTH,HEIGHT font PLAIN background 'white' name PLOT; ". \
    "set output PLOT.(narrow ? '-narrow.svg' : '.svg')"
