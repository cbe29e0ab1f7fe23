/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/env.h"

#include <hwloc.h>
#include <unistd.h>
#include <string.h>

static const char *cache_type(hwloc_obj_cache_type_t type) {
    if (type == HWLOC_OBJ_CACHE_UNIFIED)
        return "unified";
    return type == HWLOC_OBJ_CACHE_DATA ? "data" : "instruction";
}

static void count_cache(edy_context *context, hwloc_obj_t o) {
    const edy_cache seen = {.level = (int64_t)o->attr->cache.depth,
                            .bytes = (int64_t)o->attr->cache.size,
                            .line_bytes = (int64_t)o->attr->cache.linesize,
                            .shared_by = hwloc_bitmap_weight(o->cpuset)};
    const char *type = cache_type(o->attr->cache.type);
    for (size_t i = 0; i < context->n_caches; i++) {
        edy_cache *c = &context->cache[i];
        if (c->level == seen.level && c->bytes == seen.bytes && c->shared_by == seen.shared_by &&
            strcmp(c->type, type) == 0) {
            c->count++;
            return;
        }
    }
    if (context->n_caches == EDY_MAX_CACHES)
        return;
    edy_cache *c = &context->cache[context->n_caches++];
    *c = seen;
    c->count = 1;
    if (c->line_bytes == 0)
        c->line_bytes = -1;
    snprintf(c->type, sizeof c->type, "%s", type);
}

static void list_caches(hwloc_topology_t topology, edy_context *context) {
    for (int type = HWLOC_OBJ_L1CACHE; type <= HWLOC_OBJ_L3ICACHE; type++) {
        hwloc_obj_t o = NULL;
        while ((o = hwloc_get_next_obj_by_type(topology, (hwloc_obj_type_t)type, o)) != NULL)
            count_cache(context, o);
    }
}

static int64_t count_of(hwloc_topology_t topology, hwloc_obj_type_t type) {
    const int n = hwloc_get_nbobjs_by_type(topology, type);
    return n > 0 ? n : -1;
}

static void read_topology(hwloc_topology_t topology, edy_context *context) {
    context->cpus = count_of(topology, HWLOC_OBJ_PU);
    context->cores = count_of(topology, HWLOC_OBJ_CORE);
    context->packages = count_of(topology, HWLOC_OBJ_PACKAGE);
    context->numa_nodes = count_of(topology, HWLOC_OBJ_NUMANODE);
    const int kinds = hwloc_cpukinds_get_nr(topology, 0);
    context->core_kinds = kinds > 0 ? kinds : 1;
    /* Not hwloc's total: the nodes' own figures lag behind memory that was added while running. */
    const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    context->ram_bytes = pages > 0 && page_bytes > 0 ? (int64_t)pages * page_bytes : -1;
    list_caches(topology, context);
}

void edy_env_topology(const char *synthetic, edy_context *context) {
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0)
        return;
    hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
    const bool set = !synthetic || hwloc_topology_set_synthetic(topology, synthetic) == 0;
    if (set && hwloc_topology_load(topology) == 0)
        read_topology(topology, context);
    hwloc_topology_destroy(topology);
}
