/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <stdio.h> /* jpeglib.h needs FILE */

#include <jpeglib.h>
#include <setjmp.h>

#include "datasets/image_file.h"

/* All that lives across longjmp. The manager comes first: libjpeg hands back a pointer to it. */
typedef struct jpeg_job {
    struct jpeg_error_mgr manager;
    struct jpeg_decompress_struct jpeg;
    jmp_buf failed;
    const char *path;
    edy_error *err;
    edy_image *image;
    edy_status status;
} jpeg_job;

static _Noreturn void on_error(j_common_ptr jpeg) {
    jpeg_job *job = (jpeg_job *)jpeg->err;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    job->status = edy_fail(job->err, EDY_BAD_FILE, "%s: JPEG: %s", job->path, message);
    longjmp(job->failed, 1);
}

/* libjpeg only warns where data is corrupt or missing, and makes something up: an error here. */
static void on_message(j_common_ptr jpeg, int level) {
    if (level < 0)
        on_error(jpeg);
}

/* Runs under setjmp: only through *job. */
static void decode(jpeg_job *job) {
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->num_components != 1 && jpeg->num_components != 3) {
        job->status =
            edy_fail(job->err, EDY_UNSUPPORTED,
                     "%s: JPEG of %d components (CMYK?); only gray and colour of 3 are read",
                     job->path, jpeg->num_components);
        return;
    }
    jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW; /* the same bits with and without SIMD */
    job->status = edy_image_claim(job->path, jpeg->image_width, jpeg->image_height,
                                  jpeg->num_components, job->image, job->err);
    if (job->status)
        return;
    jpeg_start_decompress(jpeg);
    const size_t stride = (size_t)job->image->width * (size_t)job->image->channels;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = job->image->pixel + jpeg->output_scanline * stride;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
}

edy_status edy_jpeg_decode(const char *path, const uint8_t *bytes, size_t size, edy_image *image,
                           edy_error *err) {
    jpeg_job job = {.path = path, .err = err, .image = image};
    job.jpeg.err = jpeg_std_error(&job.manager);
    job.manager.error_exit = on_error;
    job.manager.emit_message = on_message;
    if (setjmp(job.failed) == 0) {
        jpeg_create_decompress(&job.jpeg);
        job.jpeg.mem->max_memory_to_use = 1 << 29;
        jpeg_mem_src(&job.jpeg, bytes, size);
        decode(&job);
    }
    jpeg_destroy_decompress(&job.jpeg);
    return job.status;
}
