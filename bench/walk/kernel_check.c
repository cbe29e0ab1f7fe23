/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/walk/kernel_check.h"

#include <stdio.h>
#include <string.h>

static const edy_kernel_family *const tables[] = {
    edy_families_f32_dense,    edy_families_f32_depthwise,   edy_families_f32_winograd,
    edy_families_f32_pool,     edy_families_f32_elementwise, edy_families_s8_dense,
    edy_families_s8_depthwise, edy_families_s8_pool,         edy_families_s8_elementwise,
    edy_families_s8_winograd};

size_t edy_kernel_family_count(void) {
    size_t count = 0;
    while (edy_kernel_family_at(count))
        count++;
    return count;
}

const edy_kernel_family *edy_kernel_family_at(size_t index) {
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const edy_kernel_family *f = tables[t]; f->name; f++)
            if (index-- == 0)
                return f;
    return NULL;
}

const edy_kernel_family *edy_kernel_family_find(const char *name) {
    for (size_t i = 0; i < edy_kernel_family_count(); i++)
        if (strcmp(edy_kernel_family_at(i)->name, name) == 0)
            return edy_kernel_family_at(i);
    return NULL;
}

static const unsigned char *part_of(const edy_kernel_family *family, const edy_kernels *k) {
    return (const unsigned char *)k + family->part.offset;
}

bool edy_kernel_present(const edy_kernel_family *family, const edy_kernels *k) {
    const unsigned char *part = part_of(family, k);
    for (size_t i = 0; i < family->part.bytes; i++)
        if (part[i] != 0)
            return true;
    return false;
}

bool edy_kernel_same(const edy_kernel_family *family, const edy_kernels *a, const edy_kernels *b) {
    return memcmp(part_of(family, a), part_of(family, b), family->part.bytes) == 0;
}

const char *edy_kernel_name(const edy_kernel_family *family, const edy_kernels *k,
                            const char *backend, char text[64]) {
    const char *name = NULL;
    if (family->part.named)
        memcpy(&name, part_of(family, k), sizeof name);
    if (name)
        return name;
    snprintf(text, 64, "%s__%s", family->name, backend);
    return text;
}
