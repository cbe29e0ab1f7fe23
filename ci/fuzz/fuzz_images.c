/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* PNG, JPEG and PNM images, by their content, and what preprocessing makes of them. */
#include <stdlib.h>

#include "ci/fuzz/fuzz.h"
#include "datasets/image_file.h"
#include "datasets/preprocess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    edy_image image = {0}, ready = {0};
    edy_preprocess pre;
    edy_error err = {0};
    if (edy_preprocess_parse("resize=9x7,crop=5x5,pad=1,scale=255", &pre, &err))
        abort();
    edy_status st = edy_image_read(edy_fuzz_file(data, size), &image, &err);
    edy_fuzz_check(st, &err);
    st = st ? st : edy_preprocess_pixels(&pre, &image, 3, &ready, &err);
    edy_fuzz_check(st, &err);
    edy_image_release(&image);
    edy_image_release(&ready);
    return 0;
}
