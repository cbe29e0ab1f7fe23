/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The oracle's functions of two numbers, Where and Cast. Integers are exact as far as double is. */
#include <math.h>

#include "bench/oracle_ops.h"

static double function_of(const edy_oracle_call *c, double a, double b, bool real) {
    switch ((edy_binary)c->node->sub) {
    case EDY_BINARY_SUB:
        return a - b;
    case EDY_BINARY_DIV:
        return real ? a / b : b == 0 ? 0 : trunc(a / b);
    case EDY_BINARY_MIN:
        return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
    case EDY_BINARY_MAX:
        return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
    case EDY_BINARY_POW:
        return real ? pow(a, b) : trunc(pow(a, b));
    case EDY_BINARY_PRELU:
        return a < 0 ? a * b : a;
    case EDY_BINARY_EQUAL:
        return a == b;
    case EDY_BINARY_LESS:
        return a < b;
    case EDY_BINARY_GREATER:
        return a > b;
    case EDY_BINARY_LESSOREQUAL:
        return a <= b;
    case EDY_BINARY_GREATEROREQUAL:
        return a >= b;
    case EDY_BINARY_AND:
        return a != 0 && b != 0;
    case EDY_BINARY_OR:
        return a != 0 || b != 0;
    default:
        return (a != 0) != (b != 0);
    }
}

/* Roundings of a float32 evaluation. */
static double terms_of(int32_t sub) {
    switch ((edy_binary)sub) {
    case EDY_BINARY_SUB:
    case EDY_BINARY_DIV:
    case EDY_BINARY_PRELU:
        return 1;
    case EDY_BINARY_POW:
        return 3;
    default:
        return 0;
    }
}

edy_status edy_oracle_binary(edy_oracle_call *c) {
    const edy_oracle_tensor *a = c->in[0], *b = c->in[1];
    const bool real = c->graph->value[c->node->output[0]].dtype == EDY_F32;
    const bool difference = c->node->sub == EDY_BINARY_SUB;
    edy_status st = c->node->sub >= 0 && c->node->sub < EDY_BINARY_COUNT
                        ? edy_oracle_check_spread(c, a)
                        : edy_fail(c->err, EDY_UNSUPPORTED, "its function is not known");
    st = st ? st : edy_oracle_check_spread(c, b);
    c->terms = real ? terms_of(c->node->sub) : 0;
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const double x = a->data[edy_oracle_spread_index(a, &c->out->shape, i)];
        const double y = b->data[edy_oracle_spread_index(b, &c->out->shape, i)];
        const double f = function_of(c, x, y, real);
        c->out->data[i] = real ? edy_oracle_clamp(c, edy_oracle_round(c, f)) : f;
        c->magnitude[i] = difference ? fabs(x) + fabs(y) : fabs(f);
    }
    return st;
}

edy_status edy_oracle_where(edy_oracle_call *c) {
    edy_status st = EDY_OK;
    for (int i = 0; i < 3 && !st; i++)
        st = edy_oracle_check_spread(c, c->in[i]);
    for (size_t i = 0; !st && i < c->out->count; i++) {
        const double condition =
            c->in[0]->data[edy_oracle_spread_index(c->in[0], &c->out->shape, i)];
        const edy_oracle_tensor *from = c->in[condition != 0 ? 1 : 2];
        c->out->data[i] = from->data[edy_oracle_spread_index(from, &c->out->shape, i)];
    }
    return st;
}

/* The integer with the low bits of x. */
static double wrapped(double x, double bits, bool is_signed) {
    const double span = exp2(bits);
    double y = fmod(x, span);
    y = y < 0 ? y + span : y;
    return is_signed && y >= span / 2 ? y - span : y;
}

edy_status edy_oracle_cast(edy_oracle_call *c) {
    const edy_dtype to = c->node->to;
    for (size_t i = 0; i < c->out->count; i++) {
        const double x = c->in[0]->data[i], whole = fabs(x) < 0x1p63 ? trunc(x) : 0;
        if (to == EDY_F32)
            c->out->data[i] = (double)(float)x;
        else if (to == EDY_BOOL)
            c->out->data[i] = x != 0;
        else
            c->out->data[i] =
                to == EDY_S64 ? whole : wrapped(whole, to == EDY_S32 ? 32 : 8, to != EDY_U8);
    }
    return EDY_OK;
}
