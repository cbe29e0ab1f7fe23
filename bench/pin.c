/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/pin.h"

#include <hwloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct edy_pinning {
    hwloc_topology_t topology;
    hwloc_cpuset_t allowed; /* of the process, at creation */
    hwloc_cpuset_t *core;   /* [cores] one PU each */
    size_t cores;
    bool synthetic;
    atomic_uint failures;
};

/* The first allowed PU of each core, in the order of `within`'s cores that intersect it. */
static void add_cores(edy_pinning *p, hwloc_const_cpuset_t within) {
    hwloc_obj_t core = NULL;
    while ((core = hwloc_get_next_obj_by_type(p->topology, HWLOC_OBJ_CORE, core)) != NULL) {
        hwloc_cpuset_t usable = hwloc_bitmap_dup(core->cpuset);
        if (!usable)
            return;
        hwloc_bitmap_and(usable, usable, p->allowed);
        if (within)
            hwloc_bitmap_and(usable, usable, within);
        if (hwloc_bitmap_iszero(usable)) {
            hwloc_bitmap_free(usable);
            continue;
        }
        hwloc_bitmap_singlify(usable);
        p->core[p->cores++] = usable;
    }
}

/* hwloc numbers kinds by rising efficiency value: the last is the most capable. */
static void list_cores(edy_pinning *p) {
    const int kinds = hwloc_cpukinds_get_nr(p->topology, 0);
    if (kinds <= 1) {
        add_cores(p, NULL);
        return;
    }
    hwloc_cpuset_t kind = hwloc_bitmap_alloc();
    for (int i = kinds - 1; kind && i >= 0; i--)
        if (hwloc_cpukinds_get_info(p->topology, (unsigned)i, kind, NULL, NULL, NULL, 0) == 0)
            add_cores(p, kind);
    hwloc_bitmap_free(kind);
}

edy_status edy_pinning_create(const char *synthetic, edy_pinning **pinning, edy_error *err) {
    edy_status status = EDY_OK;
    edy_pinning *p = calloc(1, sizeof *p);
    if (!p || hwloc_topology_init(&p->topology) != 0) {
        free(p);
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the topology");
    }
    p->synthetic = synthetic != NULL;
    if (synthetic && hwloc_topology_set_synthetic(p->topology, synthetic) != 0) {
        status = edy_fail(err, EDY_BAD_ARGUMENT, "bad synthetic topology \"%s\"", synthetic);
        goto fail;
    }
    p->allowed = hwloc_bitmap_alloc();
    if (hwloc_topology_load(p->topology) != 0 || !p->allowed) {
        status = edy_fail(err, EDY_UNSUPPORTED, "hwloc cannot read this machine's topology");
        goto fail;
    }
    if (synthetic) {
        hwloc_bitmap_copy(p->allowed, hwloc_topology_get_topology_cpuset(p->topology));
    } else if (hwloc_get_cpubind(p->topology, p->allowed, HWLOC_CPUBIND_THREAD) != 0) {
        status = edy_fail(err, EDY_UNSUPPORTED, "this system cannot bind threads to cores");
        goto fail;
    }
    const int most = hwloc_get_nbobjs_by_type(p->topology, HWLOC_OBJ_CORE);
    p->core = calloc(most > 0 ? (size_t)most : 1, sizeof *p->core);
    if (!p->core) {
        status = edy_fail(err, EDY_NO_MEMORY, "no memory for %d cores", most);
        goto fail;
    }
    list_cores(p);
    if (p->cores == 0) {
        status = edy_fail(err, EDY_UNSUPPORTED, "hwloc finds no core that this process may use");
        goto fail;
    }
    *pinning = p;
    return EDY_OK;
fail:
    edy_pinning_destroy(p);
    return status;
}

void edy_pinning_destroy(edy_pinning *pinning) {
    if (!pinning)
        return;
    for (size_t i = 0; i < pinning->cores; i++)
        hwloc_bitmap_free(pinning->core[i]);
    free(pinning->core);
    hwloc_bitmap_free(pinning->allowed);
    hwloc_topology_destroy(pinning->topology);
    free(pinning);
}

size_t edy_pinning_cores(const edy_pinning *pinning) {
    return pinning->cores;
}

int edy_pinning_cpu(const edy_pinning *pinning, unsigned worker) {
    return hwloc_bitmap_first(pinning->core[worker % pinning->cores]);
}

static void bind_thread(edy_pinning *p, hwloc_const_cpuset_t set) {
    if (!p->synthetic && hwloc_set_cpubind(p->topology, set, HWLOC_CPUBIND_THREAD) != 0)
        atomic_fetch_add(&p->failures, 1);
}

void edy_pin_worker(void *pinning, unsigned worker) {
    edy_pinning *p = pinning;
    bind_thread(p, p->core[worker % p->cores]);
}

unsigned edy_pinning_failures(const edy_pinning *pinning) {
    return atomic_load(&pinning->failures);
}

void edy_pin_cores(edy_pinning *pinning, size_t n) {
    hwloc_cpuset_t set = hwloc_bitmap_alloc();
    for (size_t i = 0; set && i < n && i < pinning->cores; i++)
        hwloc_bitmap_or(set, set, pinning->core[i]);
    if (set)
        bind_thread(pinning, set);
    else
        atomic_fetch_add(&pinning->failures, 1);
    hwloc_bitmap_free(set);
}

void edy_pin_restore(edy_pinning *pinning) {
    bind_thread(pinning, pinning->allowed);
}
