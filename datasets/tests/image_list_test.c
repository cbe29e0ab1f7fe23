/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Folders of class folders, and CSV lists. */
#include <string.h>

#include "datasets/csv_table.h"
#include "datasets/source.h"
#include "datasets/tests/data_files.h"

static edy_error err;
static edy_source source;

static void write_pixel(const char *name, const char *value) {
    char text[40] = "P2 1 1 255 ";
    strcat(text, value);
    write_text(name, text);
}

static void expect_pixel(int64_t index, uint8_t value, int32_t label) {
    edy_image image;
    assert_int_equal(edy_source_image(&source, index, &image, &err), EDY_OK);
    assert_int_equal(image.pixel[0], value);
    assert_int_equal(source.label ? source.label[index] : -1, label);
    edy_image_release(&image);
}

static void class_folders(void **state) {
    (void)state;
    make_folder("d");
    make_folder("d/cat");
    make_folder("d/Bird"); /* capitals come first in byte order */
    make_folder("d/dog");  /* empty: a class all the same */
    make_folder("d/.git");
    make_folder("d/cat/x.pgm"); /* a folder, whatever its name */
    write_pixel("d/cat/2.pgm", "12");
    write_pixel("d/cat/10.PGM", "11");
    write_pixel("d/Bird/a.pgm", "10");
    write_pixel("d/cat/.hidden.pgm", "99");
    write_text("d/cat/notes.txt", "no image");
    write_text("d/readme.pgm", "beside the class folders: passed over");
    assert_int_equal(edy_folder_read(data_path("d"), &source, &err), EDY_OK);
    assert_int_equal(source.count, 3);
    assert_int_equal(source.n_classes, 3);
    assert_string_equal(source.class_name[0], "Bird");
    assert_string_equal(source.class_name[1], "cat");
    assert_string_equal(source.class_name[2], "dog");
    expect_pixel(0, 10, 0);
    expect_pixel(1, 11, 1); /* "10" before "2" */
    expect_pixel(2, 12, 1);
    assert_string_equal(source.name[1], "cat/10.PGM");
    edy_source_release(&source);
}

static void folder_of_images(void **state) {
    (void)state;
    make_folder("d");
    write_pixel("d/b.pgm", "2");
    write_pixel("d/a.pgm", "1");
    assert_int_equal(edy_folder_read(data_path("d"), &source, &err), EDY_OK);
    assert_int_equal(source.count, 2);
    assert_int_equal(source.n_classes, 0);
    assert_null(source.label);
    expect_pixel(0, 1, -1);
    edy_source_release(&source);
}

static void bad_folders(void **state) {
    (void)state;
    make_folder("empty");
    assert_refused(edy_folder_read(data_path("empty"), &source, &err), EDY_BAD_FILE, "empty",
                   "no image");
    make_folder("empty/class");
    write_text("empty/class/a.gif", "GIF89a");
    assert_refused(edy_folder_read(data_path("empty"), &source, &err), EDY_BAD_FILE, "empty",
                   "no image");
    assert_refused(edy_folder_read(data_path("none"), &source, &err), EDY_IO, "none", NULL);
    write_text("file", "x");
    assert_refused(edy_folder_read(data_path("file"), &source, &err), EDY_IO, "file", NULL);
    assert_null(source.path);
}

static void numbered_list(void **state) {
    (void)state;
    make_folder("sub");
    write_pixel("sub/a b.pgm", "1");
    write_pixel("c.pgm", "2");
    write_text("l.csv", "Path,label\r\n\"sub/a b.pgm\", 7\r\n\r\nc.pgm,0\r\n");
    assert_int_equal(edy_csv_list_read(data_path("l.csv"), &source, &err), EDY_OK);
    assert_int_equal(source.count, 2);
    assert_int_equal(source.n_classes, 8);
    assert_null(source.class_name);
    expect_pixel(0, 1, 7);
    expect_pixel(1, 2, 0);
    edy_source_release(&source);
}

static void named_list(void **state) {
    (void)state;
    write_pixel("a.pgm", "1");
    char text[700];
    strcpy(text, "a.pgm,dog\na.pgm,10\na.pgm,cat\n");
    strcat(text, data_path("a.pgm")); /* absolute */
    strcat(text, ",dog");             /* and no line feed at the end */
    write_text("l.csv", text);
    assert_int_equal(edy_csv_list_read(data_path("l.csv"), &source, &err), EDY_OK);
    assert_int_equal(source.count, 4);
    assert_int_equal(source.n_classes, 3);
    assert_string_equal(source.class_name[0], "10"); /* one name makes all names */
    expect_pixel(0, 1, 2);
    expect_pixel(1, 1, 0);
    expect_pixel(2, 1, 1);
    expect_pixel(3, 1, 2);
    edy_source_release(&source);
}

static void list_without_labels(void **state) {
    (void)state;
    write_pixel("a.pgm", "5");
    write_text("l.csv", "a.pgm\na.pgm\n");
    assert_int_equal(edy_csv_list_read(data_path("l.csv"), &source, &err), EDY_OK);
    assert_int_equal(source.count, 2);
    assert_int_equal(source.n_classes, 0);
    expect_pixel(1, 5, -1);
    edy_source_release(&source);
}

static void bad_lists(void **state) {
    (void)state;
    write_pixel("a.pgm", "5");
    static const struct {
        const char *text, *piece;
        edy_status status;
    } bad[] = {{"", "no row", EDY_BAD_FILE},
               {"path,label\n", "no row", EDY_BAD_FILE},
               {"a.pgm,1\nb.pgm,2\n", "row 2", EDY_IO},
               {"a.pgm,1\na.pgm\n", "row 2 has 1", EDY_BAD_FILE},
               {"a.pgm,1,x\n", "row 1 has 3", EDY_BAD_FILE},
               {",1\n", "path is empty", EDY_BAD_FILE},
               {"a.pgm,\n", "label is empty", EDY_BAD_FILE},
               {"a.pgm,1\n\"a.pgm,1\n", "row 2", EDY_BAD_FILE},
               {"a.pgm,1\n\"a\".pgm,1\n", "row 2", EDY_BAD_FILE}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text("l.csv", bad[i].text);
        assert_refused(edy_csv_list_read(data_path("l.csv"), &source, &err), bad[i].status, "l.csv",
                       bad[i].piece);
        assert_null(source.path);
    }
    write_bytes("l.csv", "a.pgm,1\na\0b,2\n", 14);
    assert_refused(edy_csv_list_read(data_path("l.csv"), &source, &err), EDY_BAD_FILE, "zero byte",
                   NULL);
    assert_refused(edy_csv_list_read(data_path("none.csv"), &source, &err), EDY_IO, "none.csv",
                   NULL);
}

/* An image that is none is found when it is read, not before. */
static void listed_file_is_no_image(void **state) {
    (void)state;
    write_text("a.png", "hello");
    write_text("l.csv", "a.png,1\n");
    assert_int_equal(edy_csv_list_read(data_path("l.csv"), &source, &err), EDY_OK);
    edy_image image;
    assert_refused(edy_source_image(&source, 0, &image, &err), EDY_BAD_FILE, "a.png", "not a PNG");
    edy_source_release(&source);
}

static void table_keeps_fields(void **state) {
    (void)state;
    edy_csv_table table;
    write_text("t.csv", "a,\"b,\"\"c\"\"\n2\",\n  x  ,,z\n");
    assert_int_equal(edy_csv_table_read(data_path("t.csv"), &table, &err), EDY_OK);
    assert_int_equal(table.n_rows, 2);
    assert_int_equal(table.row[0].n_fields, 3);
    assert_string_equal(table.row[0].field[1], "b,\"c\"\n2");
    assert_string_equal(table.row[0].field[2], "");
    assert_string_equal(table.row[1].field[0], "x");
    edy_csv_table_release(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(class_folders, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(folder_of_images, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(bad_folders, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(numbered_list, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(named_list, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(list_without_labels, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(bad_lists, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(listed_file_is_no_image, data_files_begin, data_files_end),
        cmocka_unit_test_setup_teardown(table_keeps_fields, data_files_begin, data_files_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
