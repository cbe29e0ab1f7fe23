/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A TCG plugin for QEMU's user emulation that counts the guest's instructions from one call of a
 * function to the next. Between two calls in a loop that is one call and the loop around it, so the
 * least count is the price of a call: exact and repeatable, and no statement about time.
 *
 *   cc -shared -fPIC targets/qemu_count.c -o qemu_count.so
 *   qemu-aarch64 -plugin ./qemu_count.so,call=edy_plan_run PROGRAM ARGUMENTS
 *
 * At exit it writes to standard error, where the function was called at least twice:
 *   qemu_count: FUNCTION CALLS calls, LEAST instructions from call to call at least
 * The function must be in the program's symbol table. One thread of the guest, or the counts of all
 * run together.
 *
 * Debian ships no qemu-plugin.h; these are the declarations needed of its API, version 1
 * (qemu.org, docs/devel/tcg-plugins). */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef void translate_fn(plugin_id id, struct qemu_plugin_tb *tb);
typedef void execute_fn(unsigned int vcpu, void *userdata);
typedef void exit_fn(plugin_id id, void *userdata);

enum { PLUGIN_API = 1, NO_REGISTERS = 0 /* of enum qemu_plugin_cb_flags */ };
enum { INLINE_ADD_U64 = 0 /* of enum qemu_plugin_op */ };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translate_fn *translate);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
                                              uint64_t amount);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, execute_fn *execute,
                                            int flags, void *userdata);
void qemu_plugin_register_atexit_cb(plugin_id id, exit_fn *leave, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* What QEMU looks for. */
extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
int qemu_plugin_version = PLUGIN_API;

typedef struct counts {
    char function[128];
    uint64_t entry; /* address of its first instruction, 0 until it is translated */
    uint64_t instructions, calls, at_last_call, least;
} counts;

static counts all = {.least = UINT64_MAX};

static void on_call(unsigned int vcpu, void *userdata) {
    (void)vcpu;
    counts *c = userdata;
    const uint64_t since = c->instructions - c->at_last_call;
    if (c->calls > 0 && since < c->least)
        c->least = since;
    c->calls++;
    c->at_last_call = c->instructions;
}

/* The lowest address that has the function's name: blocks inside it have the name as well. A
 * function is entered before the rest of it is reached, so the first one seen is its entry. */
static void on_translate(plugin_id id, struct qemu_plugin_tb *tb) {
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &all.instructions,
                                             qemu_plugin_tb_n_insns(tb));
    struct qemu_plugin_insn *first = qemu_plugin_tb_get_insn(tb, 0);
    const char *name = qemu_plugin_insn_symbol(first);
    if (!name || strcmp(name, all.function) != 0)
        return;
    if (all.entry == 0)
        all.entry = qemu_plugin_insn_vaddr(first);
    if (qemu_plugin_insn_vaddr(first) == all.entry)
        qemu_plugin_register_vcpu_insn_exec_cb(first, on_call, NO_REGISTERS, &all);
}

static void on_exit_of_guest(plugin_id id, void *userdata) {
    (void)id;
    const counts *c = userdata;
    if (c->calls > 1)
        fprintf(stderr,
                "qemu_count: %s %" PRIu64 " calls, %" PRIu64
                " instructions from call to call at least\n",
                c->function, c->calls, c->least);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info,
                                                               int argc, char **argv) {
    (void)info;
    const char *option = "call=";
    const size_t length = strlen(option);
    if (argc != 1 || strncmp(argv[0], option, length) != 0 || argv[0][length] == '\0' ||
        strlen(argv[0] + length) >= sizeof all.function) {
        fputs("qemu_count: wants one option, call=FUNCTION\n", stderr);
        return 2;
    }
    memcpy(all.function, argv[0] + length, strlen(argv[0] + length) + 1);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_of_guest, &all);
    return 0;
}
