/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The table of an inspection: kernel, tile and reason of each step, in 80 columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bench/inspect.h"
#include "workloads/model_load.h"

/* What is printed for a net, line breaks and indents made single blanks; the caller frees it. Lines
 * over 80 columns fail. */
static char *inspect(const char *net, const edy_backend *backend) {
    edy_workloads *all;
    const edy_workload *w;
    edy_graph *graph = NULL;
    edy_plan *plan = NULL;
    edy_error err;
    char *text = NULL;
    size_t size = 0, at = 0;
    const edy_plan_options options = {.backend = backend};
    if (edy_workloads_open(EDYNO_SOURCE_DIR "/workloads", &all, &err) ||
        edy_workloads_resolve(all, net, &w, &err) ||
        edy_variant_load(edy_workload_variant(w, "fp32"), &graph, &err) ||
        edy_plan_create(graph, &options, &plan, &err))
        fail_msg("%s", err.message);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    edy_inspect_print(&(edy_inspection){net, "net", graph, plan}, out);
    fclose(out);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("over 80 columns: %.*s", (int)strcspn(line, "\n"), line);
    for (size_t i = 0; text[i]; i++)
        if (!strchr(" \n", text[i]) || (at > 0 && text[at - 1] != ' '))
            text[at++] = text[i] == '\n' ? ' ' : text[i];
    text[at] = '\0';
    edy_plan_destroy(plan);
    edy_graph_destroy(graph);
    edy_workloads_close(all);
    return text;
}

static void expect(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no \"%s\" in: %s", part, text);
}

static void tells_where_results_go(void **state) {
    (void)state;
    char *text = inspect("squeezenet_1.1", NULL);
    expect(text, "plain GEMM; into the Concat's output");
    expect(text, "(its inputs were written there)");
    free(text);
    text = inspect("resnet8_32", NULL);
    expect(text, "; over the residual");
    free(text);
}

static void tells_tile_and_cost(void **state) {
    (void)state;
    const edy_kernels k = edy_backend_kernels(edy_backend_best());
    char *text = inspect("resnet8_32", NULL), tile[40];
    snprintf(tile, sizeof tile, ", tile %dx%d (", k.f32_dense.mr, k.f32_dense.nr);
    expect(text, tile);
    if (k.f32_winograd[EDY_WINOGRAD_4X4].name)
        expect(text, "tile 4x4 by GEMMs of");
    if (k.f32_winograd[EDY_WINOGRAD_4X4].name)
        expect(text, "Winograd, cost 0.");
    free(text);
}

/* A backend without Winograd is not told what it would cost. */
static void scalar_has_no_winograd(void **state) {
    (void)state;
    char *text = inspect("resnet8_32", edy_backend_at(edy_backend_count() - 1));
    assert_null(strstr(text, "Winograd"));
    expect(text, "indirect GEMM");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_results_go),
        cmocka_unit_test(tells_tile_and_cost),
        cmocka_unit_test(scalar_has_no_winograd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
