/* Whether a point lies in a polygon. */
#ifndef BLUEPRINT_POINTS_H
#define BLUEPRINT_POINTS_H

#include "flat.h"
#include "signs.h"

/* How edges start..stop of a path change the parity above p; -1 when p is on one of them. */
static int crossings(const double *xy, int64_t start, int64_t stop, const double *p)
{
    int parity = 0;
    for (int64_t k = start; k < stop; k++) {
        const double *a = xy + 2 * k, *b = a + 2;
        double det;
        if ((a[0] < p[0] && b[0] < p[0]) || (a[0] > p[0] && b[0] > p[0]) ||
            (a[1] < p[1] && b[1] < p[1]))
            continue;
        if (a[0] == b[0]) {
            if (p[1] >= fmin(a[1], b[1]) && p[1] <= fmax(a[1], b[1]))
                return -1;
            continue;
        }
        int spans = (a[0] <= p[0]) != (b[0] <= p[0]);
        if (a[1] > p[1] && b[1] > p[1]) {
            parity ^= spans;
            continue;
        }
        int s = side(a, b, p, &det);
        if (s == 0)
            return -1;
        if (spans)
            parity ^= (a[0] < b[0]) == (s < 0); /* the edge runs above p */
    }
    return parity;
}

/* 1 inside, 0 outside, -1 on the boundary of the polygons of feature `row`. */
static int locate(const Flat *f, int64_t row, const double *p)
{
    int parity = 0;
    int64_t end = f->part[f->feature[row + 1]];
    const double *around = f->boxes + 4 * row, column[4] = {p[0], p[1], p[0], p[1]};
    if (!(p[0] >= around[0] && p[0] <= around[2] && p[1] >= around[1] && p[1] <= around[3]))
        return 0;
    for (int64_t r = f->part[f->feature[row]]; r < end; r++) {
        if ((r = next_ring(f, r, end, column)) == end)
            break;
        int64_t first = f->ring[r], last = f->ring[r + 1] - 1;
        int64_t blocks = f->block[r + 1] - f->block[r], step = 1;
        if (blocks == 0) {
            int c = crossings(f->xy, first, last, p);
            if (c < 0)
                return -1;
            parity ^= c;
        }
        for (int64_t b = 0; b < blocks; b += step) {
            int grouped = b % BLOCK == 0;
            const double *box = grouped ? f->group_box + 4 * (f->group[r] + b / BLOCK)
                                        : f->block_box + 4 * (f->block[r] + b);
            for (;;) {
                step = grouped ? (b + BLOCK < blocks ? BLOCK : blocks - b) : 1;
                int64_t from = first + b * BLOCK, to = from + step * BLOCK;
                if (to > last)
                    to = last;
                if (box[2] < p[0] || box[0] > p[0] || box[3] < p[1])
                    break;
                if (box[1] > p[1]) { /* all above: only its ends matter */
                    parity ^= (f->xy[2 * from] <= p[0]) != (f->xy[2 * to] <= p[0]);
                    break;
                }
                if (grouped) {
                    grouped = 0;
                    box = f->block_box + 4 * (f->block[r] + b);
                    continue;
                }
                int c = crossings(f->xy, from, to, p);
                if (c < 0)
                    return -1;
                parity ^= c;
                break;
            }
        }
    }
    return parity;
}

/* Of the paths of feature `row` of f: how many begin inside feature `in` of g; all in *count. */
static int64_t paths_inside(const Flat *f, int64_t row, const Flat *g, int64_t in, int64_t *count)
{
    int64_t inside = 0;
    *count = 0;
    for (int64_t p = f->feature[row]; p < f->feature[row + 1]; p++)
        for (int64_t r = f->part[p]; r < f->part[p + 1]; r++) {
            inside += locate(g, in, f->xy + 2 * f->ring[r]) != 0;
            ++*count;
        }
    return inside;
}

#endif
