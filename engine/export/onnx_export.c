/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/export/onnx_export.h"

#include <stdlib.h>

#include "engine/export/onnx_export_ops.h"
#include "engine/file_write.h"

enum { OPSET = 13, IR_VERSION = 7 }; /* IR 7 came with opset 12 and 13 */

/* Values that only lowering or layout assignment makes have no form in ONNX; neither have integers
 * of TFLite's rule. */
static void check_domain(edy_onnx_writer *w) {
    for (int32_t i = 0; i < w->graph->n_nodes && !w->status; i++)
        if (w->graph->node[i].rule == EDY_RULE_TFLITE)
            edy_writer_fail(w, EDY_UNSUPPORTED,
                            "node \"%.80s\" computes integers by TFLite's rule, which ONNX lacks",
                            w->graph->node[i].name);
    for (int32_t i = 0; i < w->graph->n_values && !w->status; i++) {
        const edy_value *v = &w->graph->value[i];
        if (v->layout != EDY_LAYOUT_PLAIN || v->quant.count)
            edy_writer_fail(w, EDY_BAD_ARGUMENT,
                            "value \"%.80s\" was lowered; only graphs as imported can be written",
                            v->name);
    }
}

static edy_status pack(const edy_onnx_writer *w, uint8_t **bytes, size_t *size, edy_error *err) {
    static char producer[] = "edyno", domain[] = "";
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT;
    Onnx__OperatorSetIdProto *opsets[] = {&opset};
    opset.domain = domain;
    opset.has_version = 1;
    opset.version = OPSET;
    model.has_ir_version = 1;
    model.ir_version = IR_VERSION;
    model.producer_name = producer;
    model.n_opset_import = 1;
    model.opset_import = opsets;
    model.graph = (Onnx__GraphProto *)&w->proto; /* packing only reads it */
    *size = onnx__model_proto__get_packed_size(&model);
    *bytes = malloc(*size);
    if (!*bytes)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to write %zu bytes", *size);
    onnx__model_proto__pack(&model, *bytes);
    return EDY_OK;
}

static edy_status encode(const edy_graph *graph, uint8_t **bytes, size_t *size, edy_error *err) {
    edy_onnx_writer w;
    edy_onnx_writer_create(&w, graph);
    check_domain(&w);
    for (int32_t i = 0; i < graph->n_nodes && !w.status; i++)
        edy_export_node(&w, &graph->node[i]);
    edy_writer_ports(&w);
    const edy_status status =
        w.status ? edy_fail(err, w.status, "%s", w.error.message) : pack(&w, bytes, size, err);
    edy_onnx_writer_destroy(&w);
    return status;
}

edy_status edy_onnx_export(const edy_graph *graph, const char *path, edy_error *err) {
    edy_error inner;
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_status status = encode(graph, &bytes, &size, &inner);
    if (!status)
        status = edy_file_replace(path, bytes, size, &inner);
    free(bytes);
    return status ? edy_fail(err, status, "%.200s: %s", path, inner.message) : EDY_OK;
}
