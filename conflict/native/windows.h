/* Features copied whole, or cut down to what lies in a window. */
#ifndef BLUEPRINT_WINDOWS_H
#define BLUEPRINT_WINDOWS_H

#include "flat.h"

typedef struct {
    const double *xy, *window;
    double top;
    Vec *out;
    const double *last; /* the vertex that is decided on when the next one is known */
    int last_top, forced; /* whether it is as high as any, or comes right after one that is */
    int common; /* the sides of the window that all lie on since the last one kept */
    int all;
} Thinner;

static int keep(Thinner *t, const double *v)
{
    double *slot = grow(t->out, 2 * sizeof(double));
    if (slot == NULL)
        return -1;
    slot[0] = v[0];
    slot[1] = v[1];
    return 0;
}

/* Go on to vertex v: the one before is kept unless a step over it stays beside the window. */
static int step_to(Thinner *t, const double *v)
{
    int side = outside(v, v, t->window), is_top = v[1] >= t->top;
    t->all &= side;
    if (t->last != NULL) {
        if (!(t->common & side) || is_top || t->forced) {
            if (keep(t, t->last))
                return -1;
            t->common = outside(t->last, t->last, t->window) & side;
        } else {
            t->common &= side;
        }
    } else {
        t->common = 0; /* the first vertex is always kept */
    }
    t->forced = is_top || t->last_top;
    t->last = v;
    t->last_top = is_top;
    return 0;
}

/* One ring with its edges in the window as they are and what lies outside cut short: the winding
   about every point in the window stays. The neighbours of the highest vertex are kept, for GEOS
   reads the ring's orientation from them. Nothing is written for a ring wholly on one side. */
static int thin_ring(const Flat *f, int64_t r, const double *window, Vec *out)
{
    int64_t first = f->ring[r], last = f->ring[r + 1] - 1, before = out->length;
    int64_t blocks = f->block[r + 1] - f->block[r], groups = f->group[r + 1] - f->group[r];
    Thinner t = {f->xy, window, -INFINITY, out, NULL, 0, 0, 0, 15};
    if (blocks == 0)
        for (int64_t k = first; k <= last; k++)
            t.top = fmax(t.top, f->xy[2 * k + 1]);
    for (int64_t g = 0; g < groups; g++)
        t.top = fmax(t.top, f->group_box[4 * (f->group[r] + g) + 3]);
    if (blocks == 0)
        for (int64_t k = first; k <= last; k++)
            if (step_to(&t, f->xy + 2 * k))
                return -1;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t from = first + b * BLOCK, to = from + BLOCK < last ? from + BLOCK : last;
        int64_t size = 1;
        const double *box = f->block_box + 4 * (f->block[r] + b);
        if (b % BLOCK == 0) {
            const double *around = f->group_box + 4 * (f->group[r] + b / BLOCK);
            if ((t.common & outside(around, around + 2, window)) && around[3] < t.top && !t.forced) {
                size = b + BLOCK < blocks ? BLOCK : blocks - b;
                box = around;
                to = from + size * BLOCK < last ? from + size * BLOCK : last;
            }
        }
        int side = outside(box, box + 2, window);
        if ((t.common & side) && box[3] < t.top && !t.forced) { /* stepped over as one */
            t.all &= side;
            t.common &= side;
            t.last = f->xy + 2 * to;
            b += size - 1;
            continue;
        }
        for (int64_t k = b == 0 ? from : from + 1; k <= to; k++)
            if (step_to(&t, f->xy + 2 * k))
                return -1;
    }
    if (t.all || last - first < 3) {
        out->length = before;
        return 0;
    }
    if (keep(&t, t.last))
        return -1;
    if (out->length - before < 4)
        out->length = before; /* it folds into an edge beside the window */
    return 0;
}

static int cut_feature(const Flat *f, int64_t row, const double *window, Vec *xy, Vec *rings,
                       Vec *parts)
{
    for (int64_t p = f->feature[row]; p < f->feature[row + 1]; p++) {
        int64_t before = rings->length;
        for (int64_t r = f->part[p]; r < f->part[p + 1]; r++) {
            int64_t start = xy->length, *slot;
            if (window == NULL || f->dimension[row] != 2) {
                for (int64_t k = f->ring[r]; k < f->ring[r + 1]; k++) {
                    double *v = grow(xy, 2 * sizeof(double));
                    if (v == NULL)
                        return -1;
                    v[0] = f->xy[2 * k];
                    v[1] = f->xy[2 * k + 1];
                }
            } else if (thin_ring(f, r, window, xy)) {
                return -1;
            }
            if (xy->length == start) {
                if (r == f->part[p])
                    break; /* no shell here, so no holes */
                continue;
            }
            if ((slot = grow(rings, sizeof(int64_t))) == NULL)
                return -1;
            *slot = xy->length;
        }
        if (rings->length > before) {
            int64_t *slot = grow(parts, sizeof(int64_t));
            if (slot == NULL)
                return -1;
            *slot = rings->length;
        }
    }
    return 0;
}

#endif
