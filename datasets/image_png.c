/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/image_file.h"

/* All that lives across libpng's longjmp: in memory, so that none of it is in a register. */
typedef struct png_job {
    const char *path;
    const uint8_t *bytes;
    size_t size, used;
    edy_error *err;
    edy_image *image;
    png_structp png;
    png_infop info;
    png_bytep *row;
    edy_status status;
} png_job;

static void on_error(png_structp png, png_const_charp message) {
    png_job *job = png_get_error_ptr(png);
    job->status = edy_fail(job->err, EDY_BAD_FILE, "%s: PNG: %s", job->path, message);
    png_longjmp(png, 1);
}

/* libpng decodes on after a warning. */
static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep to, size_t n) {
    png_job *job = png_get_io_ptr(png);
    if (n > job->size - job->used)
        png_error(png, "the file ends too early");
    memcpy(to, job->bytes + job->used, n);
    job->used += n;
}

/* Any kind of PNG to 8-bit gray or RGB. */
static void ask_for_bytes(png_job *job) {
    png_set_expand(job->png); /* palette to RGB, fewer bits to 8, tRNS to alpha */
    png_set_scale_16(job->png);
    png_set_strip_alpha(job->png);
    png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
}

/* Runs under setjmp: only through *job. */
static void decode(png_job *job) {
    png_set_read_fn(job->png, job, on_read);
    png_set_user_limits(job->png, EDY_IMAGE_MAX_SIDE, EDY_IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(job->png, 1 << 24);
    png_read_info(job->png, job->info);
    ask_for_bytes(job);
    const png_uint_32 height = png_get_image_height(job->png, job->info);
    const int32_t channels = png_get_channels(job->png, job->info);
    job->status = edy_image_claim(job->path, png_get_image_width(job->png, job->info), height,
                                  channels, job->image, job->err);
    if (job->status)
        return;
    job->row = malloc(height * sizeof *job->row);
    if (!job->row)
        png_error(job->png, "no memory for its rows");
    const size_t stride = png_get_rowbytes(job->png, job->info);
    for (png_uint_32 y = 0; y < height; y++)
        job->row[y] = job->image->pixel + y * stride;
    png_read_image(job->png, job->row);
    png_read_end(job->png, NULL);
}

edy_status edy_png_decode(const char *path, const uint8_t *bytes, size_t size, edy_image *image,
                          edy_error *err) {
    png_job job = {.path = path, .bytes = bytes, .size = size, .err = err, .image = image};
    job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    if (job.png)
        job.info = png_create_info_struct(job.png);
    if (!job.info)
        job.status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for libpng", path);
    else if (setjmp(png_jmpbuf(job.png)) == 0)
        decode(&job);
    free(job.row);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    return job.status;
}
