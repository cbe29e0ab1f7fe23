/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/tests/data_files.h"

#include <ftw.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <jpeglib.h>

static char folder[200];

int data_files_begin(void **state) {
    (void)state;
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/edyno-data-XXXXXX", temporary ? temporary : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk) {
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

int data_files_end(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *data_path(const char *name) {
    static char ring[16][512];
    static unsigned next;
    char *path = ring[next++ % 16];
    snprintf(path, sizeof ring[0], "%s/%s", folder, name);
    return path;
}

void make_folder(const char *name) {
    assert_int_equal(mkdir(data_path(name), 0755), 0);
}

void write_bytes(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(data_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void write_text(const char *name, const char *text) {
    write_bytes(name, text, strlen(text));
}

void write_gzip(const char *name, const void *bytes, size_t size) {
    gzFile file = gzopen(data_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

void cut_file(const char *name, size_t size) {
    assert_int_equal(truncate(data_path(name), (off_t)size), 0);
}

size_t file_size(const char *name) {
    struct stat info;
    assert_int_equal(stat(data_path(name), &info), 0);
    return (size_t)info.st_size;
}

void write_idx(const char *name, bool gzip, int rank, const uint32_t *extent, const uint8_t *data,
               size_t size) {
    const size_t head = 4 + 4 * (size_t)rank;
    uint8_t *all = malloc(head + size);
    assert_non_null(all);
    memcpy(all, (uint8_t[]){0, 0, 8, (uint8_t)rank}, 4);
    for (int i = 0; i < rank; i++)
        for (int b = 0; b < 4; b++)
            all[4 + 4 * i + b] = (uint8_t)(extent[i] >> (24 - 8 * b));
    memcpy(all + head, data, size);
    if (gzip)
        write_gzip(name, all, head + size);
    else
        write_bytes(name, all, head + size);
    free(all);
}

void write_png(const char *name, png_kind kind, int width, int height, const uint8_t *pixel) {
    static const struct {
        int type, bits;
        size_t bits_a_pixel;
    } format[] = {
        [PNG_GRAY] = {PNG_COLOR_TYPE_GRAY, 8, 8},  [PNG_GRAY16] = {PNG_COLOR_TYPE_GRAY, 16, 16},
        [PNG_GRAY1] = {PNG_COLOR_TYPE_GRAY, 1, 1}, [PNG_RGB] = {PNG_COLOR_TYPE_RGB, 8, 24},
        [PNG_RGBA] = {PNG_COLOR_TYPE_RGBA, 8, 32}, [PNG_PALETTE] = {PNG_COLOR_TYPE_PALETTE, 8, 8}};
    FILE *file = fopen(data_path(name), "wb");
    assert_non_null(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, format[kind].bits,
                 format[kind].type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (kind == PNG_PALETTE) {
        png_color palette[256];
        for (int i = 0; i < 256; i++)
            palette[i] = (png_color){(png_byte)i, (png_byte)(255 - i), 7};
        png_set_PLTE(png, info, palette, 256);
    }
    png_write_info(png, info);
    const size_t stride = ((size_t)width * format[kind].bits_a_pixel + 7) / 8;
    for (int y = 0; y < height; y++)
        png_write_row(png, pixel + (size_t)y * stride);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    assert_int_equal(fclose(file), 0);
}

void write_jpeg(const char *name, int width, int height, int channels, const uint8_t *pixel) {
    FILE *file = fopen(data_path(name), "wb");
    assert_non_null(file);
    struct jpeg_error_mgr manager;
    struct jpeg_compress_struct jpeg = {.err = jpeg_std_error(&manager)};
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height; y++) {
        uint8_t line[1024];
        assert_true((size_t)(width * channels) <= sizeof line);
        memcpy(line, pixel + (size_t)(y * width * channels), (size_t)(width * channels));
        JSAMPROW row = line;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_int_equal(fclose(file), 0);
}

void refused(edy_status status, edy_status expected, const edy_error *err, const char *piece,
             const char *other, const char *file, int line) {
    if (status == expected && (!piece || strstr(err->message, piece)) &&
        (!other || strstr(err->message, other)) && !strchr(err->message, '\n'))
        return;
    print_error("%s:%d: %s: '%s'; expected %s with '%s' and '%s'\n", file, line,
                edy_status_text(status), status ? err->message : "", edy_status_text(expected),
                piece ? piece : "", other ? other : "");
    _fail(file, line);
}
