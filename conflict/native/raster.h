/* Where a large polygon is near its boundary, and else whether that is ground: cell by cell. */
#ifndef BLUEPRINT_RASTER_H
#define BLUEPRINT_RASTER_H

#include "points.h"

/* Most of what has its box within a giant's lies nowhere near its boundary. A raster of some
   cells to each of the giant's corners tells so at a glance; it is made once a giant has been asked
   for often, and kept with the view. A cell is NEARBY if an edge is nearer to it than the margin,
   which is many times a step of the grid and any rounding. What keeps to other cells meets no edge:
   it lies inside or outside as a whole. Nothing but time depends on whether there is one. */

enum { NEARBY = 1, OUTSIDE = 2, INSIDE = 3 };

#define LARGE 2048 /* corners of a feature that is worth a raster */
#define OFTEN 64   /* times it was asked for */
#define CELLS 8    /* to a corner */

struct Raster {
    int64_t row, side; /* cells across and up */
    int64_t asked;
    double x, y, per_x, per_y; /* the lower left corner, cells to a metre */
    uint8_t *cells;
};

static int64_t cell_at(double value, double from, double per, int64_t side)
{
    double at = (value - from) * per;
    return at <= 0 ? 0 : at >= (double)side ? side - 1 : (int64_t)at;
}

static void mark_edge(const struct Raster *r, const double *a, const double *b, double margin,
                      uint8_t *cells)
{
    const double *low = a[1] <= b[1] ? a : b, *high = low == a ? b : a;
    int64_t first = cell_at(low[1] - margin, r->y, r->per_y, r->side);
    int64_t last = cell_at(high[1] + margin, r->y, r->per_y, r->side);
    for (int64_t row = first; row <= last; row++) {
        double minx = fmin(a[0], b[0]), maxx = fmax(a[0], b[0]);
        if (first < last && high[1] > low[1]) { /* the piece of the edge that lies in this row */
            double slope = (high[0] - low[0]) / (high[1] - low[1]);
            double floor = r->y + (double)row / r->per_y - margin;
            double ceiling = r->y + (double)(row + 1) / r->per_y + margin;
            double p = low[0] + (fmin(fmax(floor, low[1]), high[1]) - low[1]) * slope;
            double q = low[0] + (fmin(fmax(ceiling, low[1]), high[1]) - low[1]) * slope;
            minx = fmax(minx, fmin(p, q));
            maxx = fmin(maxx, fmax(p, q));
        }
        int64_t from = cell_at(minx - margin, r->x, r->per_x, r->side);
        int64_t to = cell_at(maxx + margin, r->x, r->per_x, r->side);
        memset(cells + row * r->side + from, NEARBY, (size_t)(to - from + 1));
    }
}

/* What is not nearby: the same as the cell beside it, where that is known, or else located. */
static void fill_cells(const Flat *f, const struct Raster *r, uint8_t *cells)
{
    for (int64_t y = 0; y < r->side; y++) {
        uint8_t *row = cells + y * r->side, known = NEARBY;
        for (int64_t x = 0; x < r->side; known = row[x++]) {
            if (row[x] == NEARBY)
                continue;
            if (known == NEARBY && y > 0)
                known = row[x - r->side];
            if (known == NEARBY) {
                double centre[2] = {r->x + ((double)x + 0.5) / r->per_x,
                                    r->y + ((double)y + 0.5) / r->per_y};
                int in = locate(f, r->row, centre);
                known = in < 0 ? NEARBY : in ? INSIDE : OUTSIDE;
            }
            row[x] = known;
        }
    }
}

/* NULL where it cannot be made: nothing depends on it. */
static uint8_t *make_cells(const Flat *f, struct Raster *r)
{
    const double *box = f->boxes + 4 * r->row;
    int64_t from = f->part[f->feature[r->row]], to = f->part[f->feature[r->row + 1]];
    double most = fmax(fmax(fabs(box[0]), fabs(box[2])), fmax(fabs(box[1]), fabs(box[3])));
    double margin = 10 * NEAR_M + 1e-9 * most;
    uint8_t *cells;
    r->side = (int64_t)sqrt(CELLS * (double)corners_of(f, r->row));
    r->x = box[0];
    r->y = box[1];
    r->per_x = (double)r->side / (box[2] - box[0]);
    r->per_y = (double)r->side / (box[3] - box[1]);
    if (!isfinite(r->per_x) || !isfinite(r->per_y) || !isfinite(margin))
        return NULL;
    if ((cells = calloc((size_t)(r->side * r->side), 1)) == NULL)
        return NULL;
    for (int64_t k = from; k < to; k++)
        for (int64_t v = f->ring[k]; v + 1 < f->ring[k + 1]; v++)
            mark_edge(r, f->xy + 2 * v, f->xy + 2 * v + 2, margin, cells);
    fill_cells(f, r, cells);
    return cells;
}

/* The raster of a feature, or NULL while it has none. Threads may ask at once: each slot is taken by
   the first feature that comes, and whoever asks for the OFTEN-th time makes its cells. */
static const struct Raster *raster_of(const Flat *f, int64_t row)
{
    if (corners_of(f, row) < LARGE || f->dimension[row] != 2)
        return NULL;
    struct Raster **slot = (struct Raster **)&f->rasters[row % RASTERS];
    struct Raster *r = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (r == NULL) {
        struct Raster *none = NULL;
        if ((r = calloc(1, sizeof *r)) == NULL)
            return NULL;
        r->row = row;
        if (!__atomic_compare_exchange_n(slot, &none, r, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            free(r);
            r = none;
        }
    }
    if (r->row != row)
        return NULL;
    if (__atomic_load_n(&r->cells, __ATOMIC_ACQUIRE) != NULL)
        return r;
    if (__atomic_add_fetch(&r->asked, 1, __ATOMIC_RELAXED) != OFTEN)
        return NULL;
    uint8_t *cells = make_cells(f, r);
    __atomic_store_n(&r->cells, cells, __ATOMIC_RELEASE);
    return cells == NULL ? NULL : r;
}

/* Whether a box lies INSIDE or OUTSIDE of a feature as a whole, clear of its boundary; 0: it may
   not, or is not known to. */
static int clear_of(const Flat *f, int64_t row, const double *box)
{
    const double *around = f->boxes + 4 * row;
    const struct Raster *r = raster_of(f, row);
    if (r == NULL || !(box[0] <= box[2] && box[1] <= box[3])) /* nothing lies in an empty box */
        return 0;
    int64_t left = cell_at(box[0], r->x, r->per_x, r->side);
    int64_t right = cell_at(box[2], r->x, r->per_x, r->side);
    int64_t low = cell_at(box[1], r->y, r->per_y, r->side);
    int64_t high = cell_at(box[3], r->y, r->per_y, r->side);
    int kind = r->cells[low * r->side + left];
    for (int64_t y = low; y <= high; y++)
        for (int64_t x = left; x <= right; x++)
            if (r->cells[y * r->side + x] != kind)
                return 0;
    if (kind == INSIDE && !(box[0] >= around[0] && box[1] >= around[1] && box[2] <= around[2] &&
                            box[3] <= around[3]))
        return 0;
    return kind == NEARBY ? 0 : kind;
}

static void free_rasters(Flat *f)
{
    for (int k = 0; k < RASTERS; k++)
        if (f->rasters[k] != NULL) {
            free(f->rasters[k]->cells);
            free(f->rasters[k]);
        }
}

#endif
