/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/svg_tidy.h"
#include "reports/tests/report_files.h"

static const char svg[] =
    "<?xml version=\"1.0\"?>\n<svg \n width=\"760\" height=\"99\"\n viewBox=\"0 0 760 99\"\n"
    " xmlns=\"http://www.w3.org/2000/svg\"\n xmlns:xlink=\"http://www.w3.org/1999/xlink\"\n>\n"
    "<title>plot</title>\n<desc>by a program</desc>\n<g id=\"canvas\">\n"
    "<rect x=\"0\" y=\"0\" width=\"760\" height=\"99\" fill=\"#ffffff\"/>\n"
    "<defs>\n\t<circle id='gpPt5' r='1'/>\n\t<filter id='f'>\n<feFlood/></filter>\n</defs>\n"
    "<g stroke=\"currentColor\">\n</g>\n"
    "\t<g id=\"p_1\" ><title>p_1</title>\n"
    "<path stroke='rgb(  0, 114, 178)' d='M1,2'/>\n"
    "<use xlink:href='#gpPt5' color='rgb(31,35,40)'/>\n"
    "<g fill=\"rgb(31,35,41)\" font-family=\"sans-serif\"><text>rgb(1,2,3) 'gpPt5' id=\"x\" "
    "&lt;b></text></g>\n"
    "\t</g>\n</g>\n</svg>\n";

static char *tidied(const char *text, const edy_svg_use *use, bool *ok) {
    char *out = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&out, &bytes);
    *ok = edy_svg_tidy(text, use, memory);
    fclose(memory);
    return out;
}

static void a_file_stays_a_file(void **state) {
    (void)state;
    const edy_svg_use use = {NULL, "Latency", "p-"};
    bool ok;
    char *out = tidied(svg, &use, &ok);
    assert_true(ok && edy_test_balanced(out));
    assert_non_null(strstr(out, "xmlns=\"http://www.w3.org/2000/svg\""));
    assert_non_null(strstr(out, "viewBox=\"0 0 760 99\""));
    assert_non_null(strstr(out, "fill=\"#ffffff\""));
    assert_non_null(strstr(out, "stroke='#0072b2'"));
    assert_non_null(strstr(out, "id='p-gpPt5'"));
    assert_non_null(strstr(out, "xlink:href='#p-gpPt5'"));
    assert_non_null(strstr(out, "fill=\"#1f2328\" font-weight=\"bold\""));
    /* Text is not touched, whatever it looks like. */
    assert_non_null(strstr(out, ">rgb(1,2,3) 'gpPt5' id=\"x\" &lt;b><"));
    assert_null(strstr(out, "<title>"));
    assert_null(strstr(out, "filter"));
    assert_null(strstr(out, "currentColor"));
    /* Once more changes nothing. */
    char *again = tidied(out, &use, &ok);
    assert_true(ok);
    assert_int_equal(edy_test_count(again, "#0072b2"), 1);
    free(again);
    free(out);
}

static void a_page_gets_no_address_and_its_own_colours(void **state) {
    (void)state;
    const edy_svg_use file = {NULL, "Latency", "f-"}, page = {"wide", "Latency", "w-"};
    bool ok;
    char *first = tidied(svg, &file, &ok), *out = tidied(first, &page, &ok);
    assert_true(ok && edy_test_balanced(out));
    assert_non_null(strstr(out, "<svg class=\"wide\" viewBox=\"0 0 760 99\""));
    assert_non_null(strstr(out, "var(--c0)"));
    assert_non_null(strstr(out, "var(--ink)"));
    assert_null(strstr(out, "http"));
    assert_null(strstr(out, "xlink"));
    assert_null(strstr(out, "<?xml"));
    assert_null(strstr(out, "#ffffff"));
    assert_null(strstr(out, "font-family"));
    free(first);
    free(out);
}

/* Whatever stands there must not be read beyond its end. */
static void broken_files_are_refused_or_pass(void **state) {
    (void)state;
    const edy_svg_use use = {"wide", "x", "x-"};
    bool ok;
    for (size_t n = 0; n < strlen(svg) - 7; n++) { /* without "</svg>" */
        char *cut = strndup(svg, n), *out = tidied(cut, &use, &ok);
        assert_false(ok);
        free(out);
        free(cut);
    }
    static const char *const odd[] = {"",
                                      "<svg",
                                      "<svg></svg",
                                      "</svg><svg>",
                                      "<svg></svg><g",
                                      "<svg><title></svg>",
                                      "<svg><g id=\"</svg>",
                                      "<svg><g id='gp rgb(</svg>",
                                      "<svg><g a=\"rgb(999,1,1)\"/><g b='#12345'/></svg>"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        free(tidied(odd[i], &use, &ok));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_stays_a_file),
        cmocka_unit_test(a_page_gets_no_address_and_its_own_colours),
        cmocka_unit_test(broken_files_are_refused_or_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
