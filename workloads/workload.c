/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "workloads/workload.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/import/text_import.h"
#include "engine/region.h"
#include "workloads/model_load.h"
#include "workloads/share.h"
#include "workloads/sidecar.h"

enum { MAX_WORKLOADS = 1000, MAX_VARIANTS = 64 };
static const char extension[] = ".onnx", net_extension[] = ".net";

struct edy_workloads {
    edy_region region;
    const char *dir;
    edy_workload *item[MAX_WORKLOADS]; /* the folder's first, then users' files as they come */
    size_t n, n_listed;
    edy_limits limits;
    bool limited;
};

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* Path of three parts in the region; NULL on no memory or a path that is too long. */
static const char *join(edy_workloads *all, const char *a, const char *b, const char *c) {
    char path[EDY_PATH_MAX];
    if (snprintf(path, sizeof path, "%s%s%s", a, b, c) >= (int)sizeof path)
        return NULL;
    return edy_region_string(&all->region, path);
}

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "out of memory, or a path of more than %d bytes",
                    EDY_PATH_MAX - 1);
}

static edy_workload *find(edy_workloads *all, const char *name) {
    for (size_t i = 0; i < all->n_listed; i++)
        if (strcmp(all->item[i]->name, name) == 0)
            return all->item[i];
    return NULL;
}

static edy_status new_workload(edy_workloads *all, const char *name, size_t variants,
                               edy_workload **out, edy_error *err) {
    if (all->n == MAX_WORKLOADS)
        return edy_fail(err, EDY_LIMIT, "%s: more than %d models", all->dir, MAX_WORKLOADS);
    edy_workload *w = edy_region_alloc(&all->region, sizeof *w);
    edy_variant *v = edy_region_array(&all->region, variants, sizeof *v);
    if (!w || !v)
        return no_memory(err);
    w->name = edy_region_string(&all->region, name);
    w->variant = v;
    if (!w->name)
        return no_memory(err);
    all->item[all->n++] = w;
    *out = w;
    return EDY_OK;
}

/* goldens/NAME.V, where there is one. */
static edy_status find_golden(edy_workloads *all, const char *name, edy_variant *v,
                              edy_error *err) {
    char folder[600];
    snprintf(folder, sizeof folder, "/goldens/%.250s.%.250s", name, v->name);
    v->golden_dir = join(all, all->dir, folder, "");
    if (!v->golden_dir)
        return no_memory(err);
    if (!is_folder(v->golden_dir))
        v->golden_dir = NULL;
    return EDY_OK;
}

/* models/NAME.onnx or models/NAME.V.onnx. */
static edy_status add_file(edy_workloads *all, const char *file, edy_error *err) {
    char name[256];
    if (snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(extension)), file) >=
        (int)sizeof name)
        return edy_fail(err, EDY_LIMIT, "%s: a file name of more than 255 bytes", all->dir);
    char *dot = strchr(name, '.');
    if (dot)
        *dot = '\0';
    const char *variant = dot ? dot + 1 : "fp32";
    edy_workload *w = find(all, name);
    if (!w) {
        edy_status st = new_workload(all, name, MAX_VARIANTS, &w, err);
        if (st)
            return st;
        all->n_listed = all->n;
    }
    if (w->n_variants == MAX_VARIANTS)
        return edy_fail(err, EDY_LIMIT, "%s: more than %d variants of %s", all->dir, MAX_VARIANTS,
                        name);
    edy_variant *v = (edy_variant *)&w->variant[w->n_variants++];
    v->name = edy_region_string(&all->region, variant);
    v->model_path = join(all, all->dir, "/models/", file);
    return v->name && v->model_path ? find_golden(all, name, v, err) : no_memory(err);
}

/* The variants of the text net at path; base is that without the extension. */
static edy_status add_net_variants(edy_workloads *all, edy_workload *w, const char *path,
                                   const char *base, edy_error *err) {
    edy_variant *v = (edy_variant *)w->variant;
    const char *ranges = join(all, base, ".ranges", "");
    if (!path || !ranges)
        return no_memory(err);
    v[w->n_variants++] = (edy_variant){.name = "fp32", .model_path = path};
    if (is_file(ranges))
        v[w->n_variants++] =
            (edy_variant){.name = "int8", .model_path = path, .ranges_path = ranges};
    w->dataset = "synthetic";
    return edy_text_import_input(path, all->limited ? &all->limits : NULL, &w->input_shape, err);
}

/* nets/NAME.net */
static edy_status add_net(edy_workloads *all, const char *file, edy_error *err) {
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(net_extension)), file);
    edy_workload *w = NULL;
    if (find(all, name))
        return edy_fail(err, EDY_BAD_FILE, "%s: %.60s is a model and a net", all->dir, name);
    edy_status st = new_workload(all, name, 2, &w, err);
    if (st)
        return st;
    all->n_listed = all->n;
    w->group = EDY_GROUP_NETS;
    const char *base = join(all, all->dir, "/nets/", name);
    st = base ? add_net_variants(all, w, join(all, base, net_extension, ""), base, err)
              : no_memory(err);
    for (size_t i = 0; i < w->n_variants && !st; i++)
        st = find_golden(all, name, (edy_variant *)&w->variant[i], err);
    return st;
}

/* Models first, then by name. */
static int by_name(const void *a, const void *b) {
    const edy_workload *x = *(edy_workload *const *)a, *y = *(edy_workload *const *)b;
    return x->group != y->group ? (x->group > y->group) - (x->group < y->group)
                                : strcmp(x->name, y->name);
}

static int fp32_first(const void *a, const void *b) {
    const edy_variant *x = a, *y = b;
    const int fx = strcmp(x->name, "fp32") != 0, fy = strcmp(y->name, "fp32") != 0;
    return fx != fy ? fx - fy : strcmp(x->name, y->name);
}

/* Calls add for every file of that extension. */
static edy_status scan_folder(edy_workloads *all, const char *folder, const char *end,
                              edy_status (*add)(edy_workloads *, const char *, edy_error *),
                              edy_error *err) {
    DIR *d = opendir(folder);
    if (!d)
        return edy_fail(err, EDY_IO, "%s: cannot be opened: %s", folder, strerror(errno));
    edy_status st = EDY_OK;
    for (const struct dirent *e; !st && (e = readdir(d));)
        if (e->d_name[0] != '.' && ends_with(e->d_name, end))
            st = add(all, e->d_name, err);
    closedir(d);
    return st;
}

static edy_status read_sidecar(edy_workloads *all, const char *models, edy_workload *w,
                               edy_error *err) {
    w->sidecar_path = join(all, models, "/", w->name);
    w->sidecar_path = w->sidecar_path ? join(all, w->sidecar_path, ".json", "") : NULL;
    return w->sidecar_path ? edy_sidecar_read(w->sidecar_path, &all->region, w, err)
                           : no_memory(err);
}

static edy_status scan(edy_workloads *all, edy_error *err) {
    const char *models = join(all, all->dir, "/models", "");
    const char *nets = join(all, all->dir, "/nets", "");
    if (!models || !nets)
        return no_memory(err);
    edy_status st = scan_folder(all, models, extension, add_file, err);
    if (!st && is_folder(nets)) /* --workloads-dir may be of models alone */
        st = scan_folder(all, nets, net_extension, add_net, err);
    if (st)
        return st;
    qsort(all->item, all->n, sizeof all->item[0], by_name);
    for (size_t i = 0; i < all->n && !st; i++) {
        edy_workload *w = all->item[i];
        if (w->group != EDY_GROUP_MODELS)
            continue;
        qsort((edy_variant *)w->variant, w->n_variants, sizeof *w->variant, fp32_first);
        st = read_sidecar(all, models, w, err);
    }
    return st;
}

edy_status edy_workloads_open(const char *dir, edy_workloads **out, edy_error *err) {
    *out = NULL;
    edy_workloads *all = calloc(1, sizeof *all);
    if (!all)
        return no_memory(err);
    edy_status st = EDY_OK;
    if (dir) {
        all->dir = join(all, dir, "", "");
        st = all->dir ? scan(all, err) : no_memory(err);
    }
    if (st)
        edy_workloads_close(all);
    else
        *out = all;
    return st;
}

void edy_workloads_close(edy_workloads *all) {
    if (!all)
        return;
    edy_region_free(&all->region);
    free(all);
}

static void set_limits(const edy_workloads *all, edy_workload *w) {
    for (size_t i = 0; i < w->n_variants && all->limited; i++)
        ((edy_variant *)w->variant)[i].limits = &all->limits;
}

void edy_workloads_limit(edy_workloads *all, const edy_limits *limits) {
    all->limits = *limits;
    all->limited = true;
    for (size_t i = 0; i < all->n; i++)
        set_limits(all, all->item[i]);
}

size_t edy_workloads_count(const edy_workloads *all) {
    return all->n_listed;
}

const edy_workload *edy_workloads_at(const edy_workloads *all, size_t index) {
    assert(index < all->n_listed);
    return all->item[index];
}

const edy_variant *edy_workload_variant(const edy_workload *workload, const char *name) {
    for (size_t i = 0; i < workload->n_variants; i++)
        if (strcmp(workload->variant[i].name, name) == 0)
            return &workload->variant[i];
    return NULL;
}

/* A user's ONNX file: one variant. */
static edy_status add_own_model(edy_workloads *all, edy_workload *w, const char *path,
                                const char *base, edy_error *err) {
    edy_variant *v = (edy_variant *)w->variant;
    w->n_variants = 1;
    v->name = "model";
    v->model_path = path;
    const char *sidecar = join(all, base, ".json", "");
    if (!path || !sidecar)
        return no_memory(err);
    if (!is_file(sidecar))
        return EDY_OK;
    w->sidecar_path = sidecar;
    return edy_sidecar_read(sidecar, &all->region, w, err);
}

static edy_status open_own(edy_workloads *all, const char *path, const edy_workload **out,
                           edy_error *err) {
    struct stat info;
    if (stat(path, &info))
        return edy_fail(err, EDY_IO, "%.300s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return edy_fail(err, EDY_IO, "%.300s: is not a file", path);
    char base[EDY_PATH_MAX];
    snprintf(base, sizeof base, "%s", path);
    const bool net = edy_is_text_net(path);
    if (ends_with(base, extension) || net)
        *strrchr(base, '.') = '\0';
    const char *slash = strrchr(base, '/');
    edy_workload *w = NULL;
    edy_status st = new_workload(all, slash ? slash + 1 : base, 2, &w, err);
    if (st)
        return st;
    w->own_model = true;
    w->group = net ? EDY_GROUP_NETS : EDY_GROUP_MODELS;
    st = (net ? add_net_variants : add_own_model)(all, w, join(all, path, "", ""), base, err);
    set_limits(all, w);
    *out = w;
    return st;
}

bool edy_workload_is_path(const char *name) {
    return ends_with(name, extension) || edy_is_text_net(name) || strchr(name, '/');
}

edy_status edy_workloads_resolve(edy_workloads *all, const char *name, const edy_workload **out,
                                 edy_error *err) {
    *out = NULL;
    if (edy_workload_is_path(name))
        return open_own(all, name, out, err);
    *out = find(all, name);
    if (*out)
        return EDY_OK;
    char known[320];
    size_t at = 0;
    known[0] = '\0';
    for (size_t i = 0; i < all->n_listed && at + 2 < sizeof known; i++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "",
                               all->item[i]->name);
    return edy_fail(err, EDY_BAD_ARGUMENT,
                    "there is no workload \"%.60s\"; known are %s; a model file is named by a path "
                    "that ends in .onnx or .net",
                    name, all->n_listed ? known : "none");
}
