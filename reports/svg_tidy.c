/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/svg_tidy.h"

#include <string.h>

#include "reports/plot_script.h"

/* Colours of plots/common.gp, and how the page calls them. */
enum { INK = 0x1f2328, STRONG_INK = 0x1f2329, MUTED = 0x59636e, RULE = 0xd1d9e0, PAPER = 0xffffff };

typedef struct tidy {
    const edy_svg_use *use;
    FILE *out;
} tidy;

static bool starts(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The end of a tag that begins at '<': one past its '>'. NULL: none. */
static const char *tag_end(const char *tag) {
    const char *end = strchr(tag, '>');
    return end ? end + 1 : NULL;
}

static bool tag_is(const char *tag, const char *name) {
    const size_t n = strlen(name);
    return strncmp(tag + 1, name, n) == 0 && strchr(" \t\n>/", tag[1 + n]) != NULL;
}

/* ---- Attributes ----------------------------------------------------------------------------- */

static void put_color(const tidy *t, unsigned color) {
    if (color == STRONG_INK)
        color = INK;
    if (!t->use->css_class) {
        fprintf(t->out, "#%06x", color);
        return;
    }
    for (int i = 0; i < 8; i++)
        if (color == edy_palette(i)) {
            fprintf(t->out, "var(--c%d)", i);
            return;
        }
    switch (color) {
    case INK:
        fputs("var(--ink)", t->out);
        break;
    case MUTED:
        fputs("var(--muted)", t->out);
        break;
    case RULE:
        fputs("var(--rule)", t->out);
        break;
    case PAPER:
        fputs("var(--paper)", t->out);
        break;
    default:
        fprintf(t->out, "#%06x", color);
        break;
    }
}

/* Reads "rgb( 31,  35,  40)", or "#1f2328" as put_color writes it; sets *end behind it. */
static bool read_color(const char *text, unsigned *color, const char **end) {
    unsigned r, g, b;
    int used = 0;
    if (text[0] == '#') {
        if (strspn(text + 1, "0123456789abcdef") != 6 || sscanf(text + 1, "%6x", color) != 1)
            return false;
        *end = text + 7;
        return true;
    }
    if (sscanf(text, "rgb(%u ,%u ,%u )%n", &r, &g, &b, &used) != 3 || used == 0 || r > 255 ||
        g > 255 || b > 255)
        return false;
    *color = r << 16 | g << 8 | b;
    *end = text + used;
    return true;
}

/* Attributes that go: what they say is said elsewhere, or is wrong in a page. */
static const char *skip_attribute(const tidy *t, const char *text) {
    static const char *const always[] = {" shape-rendering='crispEdges'", " class=\"gridline\"",
                                         " id=\"", " xml:space=\"preserve\""};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (starts(text, always[i])) {
            const char *quote = strpbrk(text, "'\"");
            const char *end = strchr(quote + 1, *quote);
            return end ? end + 1 : text;
        }
    if (t->use->css_class && starts(text, " font-family=\"")) {
        const char *end = strchr(text + 14, '"');
        return end ? end + 1 : text;
    }
    return text;
}

/* Copies a tag, [tag, end), with its colours, ids and attributes changed. */
static void put_tag(const tidy *t, const char *tag, const char *end) {
    const char *at = tag;
    while (at < end) {
        unsigned color;
        const char *behind;
        if ((behind = skip_attribute(t, at)) != at) {
            at = behind;
        } else if ((at[0] == '#' || starts(at, "rgb(")) && read_color(at, &color, &behind)) {
            put_color(t, color);
            if (color == STRONG_INK && *behind == '"')
                fputs("\" font-weight=\"bold", t->out);
            at = behind;
        } else if (starts(at, "'#gp") || starts(at, "'gp")) {
            const size_t n = at[1] == '#' ? 2 : 1;
            fprintf(t->out, "%.*s%s", (int)n, at, t->use->prefix);
            at += n;
        } else if (t->use->css_class && starts(at, "xlink:href")) {
            at += strlen("xlink:");
        } else if (t->use->css_class && starts(at, "\"black\"")) {
            fputs("\"var(--ink)\"", t->out);
            at += strlen("\"black\"");
        } else {
            fputc(*at++, t->out);
        }
    }
}

static void put_root(const tidy *t, const char *tag) {
    unsigned width = 0, height = 0;
    const char *view = strstr(tag, "viewBox=\"");
    if (view)
        sscanf(view, "viewBox=\"0 0 %u %u\"", &width, &height);
    if (t->use->css_class)
        fprintf(t->out, "<svg class=\"%s\" viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"%s\">\n",
                t->use->css_class, width, height, t->use->label);
    else
        fprintf(t->out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"%u\" height=\"%u\" "
                "viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"%s\">\n",
                width, height, width, height, t->use->label);
}

/* ---- Elements ------------------------------------------------------------------------------- */

/* An element that goes with all that is in it: the place behind it, or NULL where it stays. */
static const char *skip_element(const tidy *t, const char *tag) {
    static const char *const names[] = {"title", "desc", "filter"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tag_is(tag, names[i])) {
            char closing[16];
            snprintf(closing, sizeof closing, "</%s>", names[i]);
            const char *end = strstr(tag, closing);
            return end ? end + strlen(closing) : NULL;
        }
    if (tag_is(tag, "g")) {
        const char *inside = tag_end(tag);
        if (inside) {
            inside += strspn(inside, " \t\r\n");
            if (starts(inside, "</g>"))
                return inside + strlen("</g>");
        }
    }
    if (t->use->css_class && tag_is(tag, "rect") && strstr(tag, "fill=\"#ffffff\"") &&
        strstr(tag, "fill=\"#ffffff\"") < tag_end(tag))
        return tag_end(tag);
    return NULL;
}

bool edy_svg_tidy(const char *text, const edy_svg_use *use, FILE *out) {
    const tidy t = {use, out};
    const char *at = strstr(text, "<svg");
    if (!at || !strstr(at, "</svg>"))
        return false;
    if (!use->css_class)
        fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", out);
    put_root(&t, at);
    at = tag_end(at);
    while (at && *at) {
        if (*at == '<') {
            const char *behind = skip_element(&t, at), *end = tag_end(at);
            if (behind) {
                at = behind + strspn(behind, " \t\r\n");
            } else if (end) {
                put_tag(&t, at, end);
                at = end;
            } else {
                return false;
            }
        } else if (strchr(" \t\r\n", *at)) { /* a run of blanks between tags says nothing */
            const size_t n = strspn(at, " \t\r\n");
            fputc(memchr(at, '\n', n) ? '\n' : ' ', out);
            at += n;
        } else {
            fputc(*at++, out);
        }
    }
    fputc('\n', out);
    return at != NULL;
}
