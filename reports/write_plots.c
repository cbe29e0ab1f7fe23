/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* plots/: for each plot its script with the data in it, and what gnuplot makes of that. Where there
 * is no gnuplot the scripts are left, and plots/missing.txt says why there are no pictures. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/embedded.h"
#include "reports/gnuplot.h"
#include "reports/outfile.h"
#include "reports/plot_script.h"
#include "reports/svg_tidy.h"
#include "reports/writers.h"

static const char *const forms[] = {"svg", "png", "narrow"};
static const char *const endings[] = {".svg", ".png", "-narrow.svg"};
enum { N_FORMS = 3 };

/* A picture left by an earlier report would lie about this one. */
static void remove_pictures(const char *directory, const edy_plot *plot) {
    char path[EDY_OUTFILE_PATH + 64];
    for (int f = 0; f < N_FORMS; f++) {
        snprintf(path, sizeof path, "%s/%s%s", directory, plot->name, endings[f]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/%s.gp", directory, plot->name);
    unlink(path);
}

static edy_status write_script(const edy_view *view, const char *directory, const edy_plot *plot,
                               edy_error *err) {
    edy_outfile file;
    char name[64];
    snprintf(name, sizeof name, "%s.gp", plot->name);
    edy_status status = edy_outfile_open(&file, directory, name, err);
    if (status != EDY_OK)
        return status;
    fprintf(file.stream,
            "# %s: run `gnuplot %s` here to draw it again, or\n"
            "# `gnuplot -e \"FORM='png'\" %s` for other forms.\nPLOT = '%s'\ntitle = '%s'\n",
            name, name, name, plot->name, plot->title);
    status = plot->data(view, file.stream, err);
    if (status != EDY_OK) {
        edy_outfile_abandon(&file);
        return status;
    }
    fprintf(file.stream, "\n%s\n%s", edy_common_gp, plot->script);
    return edy_outfile_commit(&file, err);
}

/* Tidies an SVG in its place; one that is not as expected stays as gnuplot left it. */
static void tidy(const char *directory, const edy_plot *plot, const char *ending) {
    char name[64];
    edy_outfile file;
    const edy_svg_use use = {NULL, plot->title, plot->name};
    snprintf(name, sizeof name, "%s%s", plot->name, ending);
    char *text = edy_file_text(directory, name, EDY_PLOT_MAX_BYTES);
    if (text && edy_outfile_open(&file, directory, name, NULL) == EDY_OK) {
        if (edy_svg_tidy(text, &use, file.stream))
            edy_outfile_commit(&file, NULL);
        else
            edy_outfile_abandon(&file);
    }
    free(text);
}

static bool draw(const char *directory, const edy_plot *plot, char *reason, size_t size) {
    char name[64];
    snprintf(name, sizeof name, "%s.gp", plot->name);
    for (int f = 0; f < N_FORMS; f++)
        if (!edy_gnuplot_run(directory, name, forms[f], reason, size))
            return false;
    tidy(directory, plot, ".svg");
    tidy(directory, plot, "-narrow.svg");
    return true;
}

static edy_status write_missing(const char *directory, const char *reason, edy_error *err) {
    edy_outfile file;
    const edy_status status = edy_outfile_open(&file, directory, "missing.txt", err);
    if (status != EDY_OK)
        return status;
    fprintf(file.stream, "No plots: %s. The scripts in plots/ hold the data.\n", reason);
    return edy_outfile_commit(&file, err);
}

static edy_status write_all(const edy_view *view, const char *directory, edy_error *err) {
    char reason[400] = "";
    edy_status status = EDY_OK;
    for (int p = 0; p < EDY_N_PLOTS && status == EDY_OK; p++) {
        remove_pictures(directory, edy_plots[p]);
        if (!edy_plots[p]->any(view))
            continue;
        status = write_script(view, directory, edy_plots[p], err);
        if (status == EDY_OK && reason[0] == '\0' &&
            !draw(directory, edy_plots[p], reason, sizeof reason))
            for (int q = 0; q <= p; q++) /* all or none: half a set reads as if it were whole */
                for (int f = 0; f < N_FORMS; f++) {
                    char path[EDY_OUTFILE_PATH + 64];
                    snprintf(path, sizeof path, "%s/%s%s", directory, edy_plots[q]->name,
                             endings[f]);
                    unlink(path);
                }
    }
    if (status == EDY_OK && reason[0])
        status = write_missing(directory, reason, err);
    return status;
}

static edy_status write_files(const edy_results *results, const char *directory, edy_error *err) {
    char path[EDY_OUTFILE_PATH], missing[EDY_OUTFILE_PATH + 16];
    const int n = snprintf(path, sizeof path, "%s/plots", directory);
    if (n < 0 || (size_t)n >= sizeof path)
        return edy_fail(err, EDY_IO, "%.200s: path is too long", directory);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return edy_fail(err, EDY_IO, "%.200s: cannot be made: %s", path, strerror(errno));
    snprintf(missing, sizeof missing, "%s/missing.txt", path);
    unlink(missing);
    edy_view *view;
    edy_status status = edy_view_create(results, &view, err);
    if (status != EDY_OK)
        return status;
    status = write_all(view, path, err);
    edy_view_destroy(view);
    return status;
}

const edy_report_writer edy_writer_plots = {"plots", "plots/latency.svg", write_files, NULL};
