/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/env_virtual.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/env.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* The hypervisor's signature by CPUID leaf 0x40000000, "" where there is none or no such thing. */
static void hypervisor_signature(char text[13]) {
    memset(text, 0, 13);
#if defined(__x86_64__) || defined(__i386__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 31)))
        return;
    __cpuid(0x40000000, a, b, c, d);
    memcpy(text, &b, 4);
    memcpy(text + 4, &c, 4);
    memcpy(text + 8, &d, 4);
#endif
}

static const char *hypervisor_name(void) {
    static const struct {
        const char *signature, *name;
    } known[] = {{"KVMKVMKVM", "kvm"},          {"Microsoft Hv", "hyperv"},
                 {"VMwareVMware", "vmware"},    {"XenVMMXenVMM", "xen"},
                 {"TCGTCGTCGTCG", "qemu-tcg"},  {"bhyve bhyve ", "bhyve"},
                 {"VBoxVBoxVBox", "virtualbox"}};
    char signature[13];
    hypervisor_signature(signature);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(signature, known[i].signature) == 0)
            return known[i].name;
    return signature[0] ? "unknown hypervisor" : "";
}

static bool file_exists(const char *root, const char *path) {
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    return access(full, F_OK) == 0;
}

static bool in_container(const char *root) {
    return file_exists(root, "/.dockerenv") || file_exists(root, "/run/.containerenv");
}

/* Is there a line of /proc/cpuinfo that begins with `begin` and contains `word`? -1: no file. */
static int cpuinfo_has(const char *root, const char *begin, const char *word) {
    char full[512], line[4096];
    int found = 0;
    snprintf(full, sizeof full, "%s/proc/cpuinfo", root);
    FILE *f = fopen(full, "r");
    if (!f)
        return -1;
    while (!found && fgets(line, sizeof line, f))
        found = strncmp(line, begin, strlen(begin)) == 0 && strstr(line, word);
    fclose(f);
    return found;
}

static bool runs_under_qemu_user(const char *root) {
    char full[512], target[512];
    snprintf(full, sizeof full, "%s/proc/thread-self/exe", root);
    const ssize_t n = readlink(full, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    return strncmp(slash ? slash + 1 : target, "qemu-", 5) == 0;
}

/* ARM kernels write "CPU implementer", x86 kernels "vendor_id": the other one is a host's. */
static bool cpuinfo_is_foreign(const char *root) {
    const char *arch = edy_env_arch();
    if (strcmp(arch, "aarch64") == 0 || strcmp(arch, "arm") == 0)
        return cpuinfo_has(root, "vendor_id", ":") == 1;
    if (strcmp(arch, "x86_64") == 0 || strcmp(arch, "i386") == 0)
        return cpuinfo_has(root, "CPU implementer", ":") == 1;
    return false;
}

bool edy_env_emulated(const char *root, char *how, size_t size) {
    const char *name = "";
    const char *told = getenv("EDYNO_EMULATED");
    if (runs_under_qemu_user(root) || cpuinfo_is_foreign(root))
        name = "qemu-user";
    else if (cpuinfo_has(root, "model name", "TCG CPU") == 1 ||
             strcmp(hypervisor_name(), "qemu-tcg") == 0)
        name = "qemu-tcg";
    else if (told && told[0] && strcmp(told, "0") != 0)
        name = "EDYNO_EMULATED";
    if (how)
        snprintf(how, size, "%s", name);
    return name[0] != '\0';
}

void edy_env_virtualisation(const char *root, edy_context *context) {
    char *text = context->virtualisation;
    context->emulated = edy_env_emulated(root, text, sizeof context->virtualisation);
    if (context->emulated)
        return;
    const char *hypervisor = hypervisor_name();
    if (!hypervisor[0] && file_exists(root, "/proc/device-tree/hypervisor"))
        hypervisor = "kvm"; /* guests on ARM are told so by the device tree */
    const bool container = in_container(root);
    snprintf(text, sizeof context->virtualisation, "%s%s%s", hypervisor,
             hypervisor[0] && container ? "+" : "", container ? "container" : "");
    if (!text[0])
        snprintf(text, sizeof context->virtualisation, "none");
}
