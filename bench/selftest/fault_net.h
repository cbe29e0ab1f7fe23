/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A small network with a golden, made in memory, for faults of whole models. */
#ifndef EDY_FAULT_NET_H
#define EDY_FAULT_NET_H

#include "bench/golden.h"
#include "bench/selftest/selftest.h"
#include "engine/kernel.h"

/* The network as a text net: convolution, pool, 1x1 convolution, dense layer; large enough that two
 * threads share its first layer, small enough that two images go through it together. */
extern const char edy_fault_net_text[];

typedef struct edy_fault_net {
    edy_graph *fp32, *graph; /* graph: fp32, or its int8 form */
    edy_golden *golden;      /* three samples, of the oracle; taken for independent of the kernels
                                that are at fault, so that what is right can pass */
} edy_fault_net;

/* False with trouble in the answer. Destroy it in either case. */
bool edy_fault_net_create(edy_gate_answer *answer, bool integer, edy_fault_net *net);
void edy_fault_net_destroy(edy_fault_net *net);

/* Kernels that are scalar's but for one fault. */
enum {
    EDY_NET_UNHARMED,
    EDY_NET_THREAD,  /* a worker thread computes something else than the main one */
    EDY_NET_IMAGE,   /* every image of a batch gets the first one's pixels */
    EDY_NET_STALE,   /* the last layer is computed once only */
    EDY_NET_HALF,    /* the last layer is rounded to half precision */
    EDY_NET_DIES,    /* illegal instruction */
    EDY_NET_INTEGER, /* one integer off by one */
    EDY_NET_NAN      /* the last layer ends in NaN */
};
/* For edy_backend.fill: what the last call of edy_fault_net_harm chose. */
void edy_fault_net_fill(edy_kernels *k);
void edy_fault_net_harm(int harm);

#endif
