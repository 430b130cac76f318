/* Boxes, sizes, signs and blocks of flat arrays. */
#ifndef BLUEPRINT_DESCRIBE_H
#define BLUEPRINT_DESCRIBE_H

#include "base.h"

static void widen(double *box, const double *xy, int64_t start, int64_t stop)
{
    double minx = box[0], miny = box[1], maxx = box[2], maxy = box[3];
    for (int64_t k = start; k < stop; k++) {
        double x = xy[2 * k], y = xy[2 * k + 1];
        minx = x < minx ? x : minx;
        miny = y < miny ? y : miny;
        maxx = x > maxx ? x : maxx;
        maxy = y > maxy ? y : maxy;
    }
    box[0] = minx, box[1] = miny, box[2] = maxx, box[3] = maxy;
}

/* Twice nothing: the signed area of a ring, summed in the order in which GEOS does. */
static double ring_area(const double *xy, int64_t start, int64_t stop)
{
    double sum = 0, x0 = xy[2 * start];
    if (stop - start < 3)
        return 0;
    for (int64_t k = start + 1; k + 1 < stop; k++)
        sum += (xy[2 * k] - x0) * (xy[2 * k - 1] - xy[2 * k + 3]);
    return sum / 2; /* positive for a clockwise ring */
}

/* describe(xy, ring_start, part_start, feature_start, dimension, block_start, group_start,
            out signs, out boxes, out sizes, out block boxes, out group boxes) */
static PyObject *describe(PyObject *module, PyObject *args)
{
    Py_buffer v[12] = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*w*w*w*w*w*", v, v + 1, v + 2, v + 3, v + 4, v + 5,
                          v + 6, v + 7, v + 8, v + 9, v + 10, v + 11))
        return NULL;
    const double *xy = v[0].buf;
    const int64_t *ring = v[1].buf, *part = v[2].buf, *feature = v[3].buf;
    const int8_t *dimension = v[4].buf;
    const int64_t *block = v[5].buf, *group = v[6].buf;
    int8_t *signs = v[7].buf;
    double *boxes = v[8].buf, *sizes = v[9].buf, *block_box = v[10].buf, *group_box = v[11].buf;
    int64_t n = v[4].len;
    PyThreadState *state = unlock(v[0].len);
    for (int64_t i = 0; i < n; i++) {
        double *box = boxes + 4 * i, size = 0;
        box[0] = box[1] = INFINITY;
        box[2] = box[3] = -INFINITY;
        for (int64_t p = feature[i]; p < feature[i + 1]; p++) {
            double area = 0;
            for (int64_t r = part[p]; r < part[p + 1]; r++) {
                int64_t first = ring[r], last = ring[r + 1] - 1;
                int64_t blocks = block[r + 1] - block[r];
                widen(box, xy, first, last + 1);
                signs[r] = 1;
                if (dimension[i] == 2) {
                    double signed_area = ring_area(xy, first, last + 1);
                    int shell = r == part[p];
                    area = shell ? fabs(signed_area) : area - fabs(signed_area);
                    signs[r] = (signed_area < 0) == shell ? 1 : -1;
                } else if (dimension[i] == 1) {
                    for (int64_t k = first; k < last; k++) {
                        double dx = xy[2 * k] - xy[2 * k + 2], dy = xy[2 * k + 1] - xy[2 * k + 3];
                        area += sqrt(dx * dx + dy * dy);
                    }
                } else {
                    area += 1;
                }
                for (int64_t b = 0; b < blocks; b++) {
                    double *around = block_box + 4 * (block[r] + b);
                    double *wider = group_box + 4 * (group[r] + b / BLOCK);
                    int64_t from = first + b * BLOCK, to = from + BLOCK;
                    around[0] = around[1] = INFINITY;
                    around[2] = around[3] = -INFINITY;
                    widen(around, xy, from, (to < last ? to : last) + 1);
                    if (b % BLOCK == 0)
                        memcpy(wider, around, 4 * sizeof(double));
                    widen(wider, around, 0, 2);
                }
            }
            size += area;
        }
        if (!(box[0] <= box[2]))
            box[0] = box[1] = box[2] = box[3] = NAN;
        sizes[i] = size;
    }
    lock_again(state);
    for (int k = 0; k < 12; k++)
        PyBuffer_Release(&v[k]);
    Py_RETURN_NONE;
}

#endif
