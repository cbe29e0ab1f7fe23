/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/scoreboard.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Results --------------------------------------------------------------------------------- */

edy_status edy_scoreboard_add(edy_scoreboard *board, edy_ab *ab, edy_error *err) {
    for (size_t i = 0; i < board->n; i++)
        if (strcmp(board->result[i]->tag, ab->tag) == 0) {
            edy_ab_destroy(board->result[i]);
            board->result[i] = ab;
            return EDY_OK;
        }
    if (board->n == EDY_MOST_RESULTS) {
        edy_ab_destroy(ab);
        return edy_fail(err, EDY_LIMIT, "more than %d results", EDY_MOST_RESULTS);
    }
    board->result[board->n++] = ab;
    return EDY_OK;
}

static int by_tag(const void *a, const void *b) {
    return strcmp((*(edy_ab *const *)a)->tag, (*(edy_ab *const *)b)->tag);
}

static edy_status read_all(DIR *folder, const char *dir, edy_scoreboard *board, edy_error *err) {
    const struct dirent *entry;
    edy_status st = EDY_OK;
    while (!st && (entry = readdir(folder)) != NULL) {
        char path[4096];
        edy_ab *ab = NULL;
        size_t shares = 0;
        const size_t n = strlen(entry->d_name);
        if (n < 6 || strcmp(entry->d_name + n - 5, ".json") != 0)
            continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) >= sizeof path)
            return edy_fail(err, EDY_BAD_ARGUMENT, "the path is too long: %.200s...", dir);
        if (strncmp(entry->d_name, "profile.", 8) == 0) {
            st = edy_profile_read_shares(path, board->share + board->n_shares,
                                         EDY_MOST_SHARES - board->n_shares, &shares, err);
            board->n_shares += shares;
            continue;
        }
        st = edy_ab_read_json(path, &ab, err);
        st = st ? st : edy_scoreboard_add(board, ab, err);
    }
    return st;
}

edy_status edy_scoreboard_read(const char *dir, edy_scoreboard **out, edy_error *err) {
    DIR *folder = opendir(dir);
    if (!folder)
        return edy_fail(err, EDY_IO, "cannot open the folder %.200s: %s", dir, strerror(errno));
    edy_scoreboard *board = calloc(1, sizeof *board);
    edy_status st = board ? EDY_OK : edy_fail(err, EDY_NO_MEMORY, "no memory for results");
    st = st ? st : read_all(folder, dir, board, err);
    closedir(folder);
    if (st)
        goto fail;
    qsort(board->result, board->n, sizeof board->result[0], by_tag);
    *out = board;
    return EDY_OK;
fail:
    edy_scoreboard_destroy(board);
    return st;
}

void edy_scoreboard_destroy(edy_scoreboard *board) {
    if (!board)
        return;
    for (size_t i = 0; i < board->n; i++)
        edy_ab_destroy(board->result[i]);
    free(board);
}

int edy_scoreboard_exit_code(const edy_scoreboard *board) {
    edy_score score[EDY_SCORES];
    edy_scoreboard_scores(board, score);
    for (size_t i = 0; i < EDY_SCORES; i++)
        if (score[i].state == EDY_SCORE_MISSED)
            return 3;
    return board->n > 0 ? 0 : 5;
}
