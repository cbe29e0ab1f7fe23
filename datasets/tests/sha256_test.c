/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "datasets/sha256.h"

#include <string.h>

#include "datasets/tests/data_files.h"

static void expect(const char *text, size_t times, size_t piece, const char *hex) {
    edy_sha256 hash;
    char got[65];
    const size_t n = strlen(text);
    edy_sha256_begin(&hash);
    for (size_t i = 0; i < times; i++)
        for (size_t at = 0; at < n; at += piece)
            edy_sha256_add(&hash, text + at, n - at < piece ? n - at : piece);
    edy_sha256_end(&hash, got);
    assert_string_equal(got, hex);
}

/* The examples that NIST publishes with FIPS 180-4. */
static void nist_examples(void **state) {
    (void)state;
    expect("", 1, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect("abc", 1, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, 56,
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect("a", 1000000, 1, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_do_not_matter(void **state) {
    (void)state;
    const char *text = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    for (size_t piece = 1; piece <= strlen(text); piece++)
        expect(text, 1, piece, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void of_files(void **state) {
    (void)state;
    edy_error err;
    char hex[65];
    write_text("abc", "abc");
    assert_int_equal(edy_sha256_file(data_path("abc"), hex, &err), EDY_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_refused(edy_sha256_file(data_path("none"), hex, &err), EDY_IO, "none", "No such file");
    assert_refused(edy_sha256_file(data_path("."), hex, &err), EDY_IO, "directory", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_examples), cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test_setup_teardown(of_files, data_files_begin, data_files_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
