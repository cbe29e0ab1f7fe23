/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Expected outputs, wherever they come from, as one struct that the judge (conform.h) reads.
 *
 * A committed golden folder (workloads/goldens/WORKLOAD.VARIANT) holds golden.json and the files it
 * names, each with its "sha256". golden.json, fields that are read:
 *   model_sha256     of the .onnx file; another model is refused
 *   dataset, first, count   the golden samples: images first..first+count-1 of its test part
 *   input_sha256     of these inputs after preprocessing, float32: proves that ours are the same
 *   output           {"file", "dtype": "float64"|"float32"|"uint8"|"int8", "shape": [count, ...]};
 *                    float64 is judged by the budget, the others byte for byte
 *   classes          {"file", "n"}: u8 class of each image of the whole test part, in order
 *   margins          {"file"}: f32, best minus second best output, one for each of the same images
 *   reference_error  {"numpy_float32_max_abs"}: error of an independent float32 run (float64)
 *   oracle           {"name", "version"}: shown in reports
 * Whatever it says is checked against the sizes of the files before it is used. */
#ifndef EDY_GOLDEN_H
#define EDY_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/graph.h"
#include "engine/import/onnx_tensor_file.h"
#include "engine/status.h"
#include "engine/tensor.h"

typedef enum edy_golden_source {
    EDY_GOLDEN_COMMITTED, /* a golden folder: independent software, PASS is possible */
    EDY_GOLDEN_TEST_DATA, /* test_data_set_N beside a user's model: independent, PASS is possible */
    EDY_GOLDEN_ORACLE     /* our own double-precision oracle: nothing independent, MISTRUSTED */
} edy_golden_source;

/* One input or output of all samples. */
typedef struct edy_golden_port {
    edy_dtype dtype; /* inputs, exact outputs: as the model has it; float outputs: EDY_F64 */
    edy_shape shape; /* dim 0 is the number of samples */
    size_t sample_bytes;
    void *data; /* row-major; NULL for inputs of a committed golden (they come from images) */
} edy_golden_port;

enum { EDY_GOLDEN_PORTS = 8 };

typedef struct edy_golden {
    edy_golden_source source;
    char *origin;     /* folder, or "scalar in double"; for messages */
    char *provenance; /* "onnxruntime 1.30.0", never NULL */
    size_t samples;   /* >= 1 */
    int32_t n_inputs, n_outputs;
    edy_golden_port input[EDY_GOLDEN_PORTS], output[EDY_GOLDEN_PORTS];
    bool exact;             /* bytes must be equal; else float with the budget below */
    double reference_error; /* max abs error of an independent scalar float32 run; float goldens */
    char *dataset;          /* committed only, else NULL */
    size_t first;           /* committed only: sample s is image first + s of the test part */
    char input_sha256[65];  /* committed only: of all inputs end to end; "" where not given */
    uint8_t *classes;       /* NULL, or the class of image 0..n_classes-1 of the test part */
    float *margins;         /* NULL, or [n_classes] */
    size_t n_classes;
    char *doubt; /* NULL, or why what agrees with it is MISTRUSTED: a sentence */
} edy_golden;

/* Reads a committed folder. model_path: the file that is about to be judged; its sha256 must be the
 * golden's. EDY_IO: a file is missing. EDY_BAD_FILE: malformed, truncated, wrong size, or made for
 * another model; the message names file, field and value. */
edy_status edy_golden_read(const char *dir, const char *model_path, edy_golden **golden,
                           edy_error *err);

/* Committed goldens keep no inputs: reads them from the data set into input[0]. sidecar_path says
 * how images become inputs, share is the data folder (workloads/share.h), graph the model as
 * imported.
 * EDY_BAD_FILE where the preprocessed images are not those that the golden was made from. */
edy_status edy_golden_load_inputs(edy_golden *golden, const edy_graph *graph,
                                  const char *sidecar_path, const char *share, edy_error *err);

/* Number of test_data_set_N folders (N = 0, 1, ... without a gap) beside a model file. */
size_t edy_golden_test_sets(const char *model_path);

/* Reads test_data_set_<index>: input_K.pb and output_K.pb for every input and output of the graph,
 * ONNX TensorProto. Shapes and dtypes must be the graph's, apart from dim 0, which is the number of
 * samples. For float outputs reference_error comes from the oracle (oracle.h). */
edy_status edy_golden_read_test_set(const char *model_path, size_t index, const edy_graph *graph,
                                    edy_golden **golden, edy_error *err);

/* Tensors in the order of the graph's inputs and outputs, checked against it as test data are:
 * names[i] is what a message calls tensor i, inputs before outputs. Their data move to the golden,
 * also where it fails. A float64 output is kept in double. */
edy_status edy_golden_from_tensors(const edy_graph *graph, const char *origin,
                                   const char *provenance, const char *const *names,
                                   edy_file_tensor *in, edy_file_tensor *out, edy_golden **golden,
                                   edy_error *err);

/* One file for each input, then one for each output: .pb (TensorProto), .npy (NumPy), anything else
 * raw in the model's type, samples end to end. EDY_BAD_ARGUMENT for another number of files. */
edy_status edy_golden_from_files(const edy_graph *graph, const char *const *paths, size_t n,
                                 edy_golden **golden, edy_error *err);

/* What ONNX Runtime gives for `samples` seeded samples of the model file, by the settings of
 * NUMERICS (ort.h: exact). First the library computes a probe of two integer layers: one that
 * saturates, or breaks the written rules otherwise, leaves golden->doubt. */
edy_status edy_golden_from_ort(const edy_graph *graph, const char *model_path, const char *library,
                               uint64_t seed, size_t samples, edy_golden **golden, edy_error *err);

/* The double-precision oracle's outputs for the given inputs (one pointer an input, `samples`
 * samples end to end); graph is as imported. What it gives is MISTRUSTED. */
edy_status edy_golden_from_oracle(const edy_graph *graph, const void *const *inputs, size_t samples,
                                  edy_golden **golden, edy_error *err);

void edy_golden_destroy(edy_golden *golden); /* NULL is allowed */

#endif
