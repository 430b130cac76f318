/* On which side of a line a point lies, exactly. */
#ifndef BLUEPRINT_SIGNS_H
#define BLUEPRINT_SIGNS_H

#include "base.h"

static inline void two_sum(double a, double b, double *sum, double *error)
{
    double s = a + b, part = s - a;
    *sum = s;
    *error = (a - (s - part)) + (b - part);
}

static inline void halves(double a, double *high, double *low)
{
    double c = 134217729.0 * a;
    *high = c - (c - a);
    *low = a - *high;
}

static inline void two_product(double a, double b, double *product, double *error)
{
    double ah, al, bh, bl, p = a * b;
    halves(a, &ah, &al);
    halves(b, &bh, &bl);
    *product = p;
    *error = al * bl - (((p - ah * bh) - al * bh) - ah * bl);
}

static int exact_sign(const double *a, const double *b, const double *c)
{
    const double factors[6][2] = {{a[0], b[1]}, {-a[0], c[1]}, {-c[0], b[1]},
                                  {-a[1], b[0]}, {a[1], c[0]}, {c[1], b[0]}};
    double terms[12], sum[12];
    int n = 0;
    for (int k = 0; k < 6; k++)
        two_product(factors[k][0], factors[k][1], &terms[2 * k + 1], &terms[2 * k]);
    for (int k = 0; k < 12; k++) {
        double q = terms[k];
        for (int i = 0; i < n; i++)
            two_sum(q, sum[i], &q, &sum[i]);
        sum[n++] = q;
    }
    while (n--)
        if (sum[n] != 0)
            return sum[n] > 0 ? 1 : -1;
    return 0;
}

static inline int exact_difference(double a, double b, double *difference)
{
    double error;
    two_sum(a, -b, difference, &error);
    return error == 0;
}

/* The same where coordinates are near enough each other for their differences to have no rounding,
   as those of one city are: rounded products are in the order of the products, or equal, and then
   what rounding took away decides. */
static int near_sign(const double *a, const double *b, const double *c)
{
    double ax, ay, bx, by, left, right, more, less;
    if (!(exact_difference(a[0], c[0], &ax) & exact_difference(b[1], c[1], &by) &
          exact_difference(a[1], c[1], &ay) & exact_difference(b[0], c[0], &bx)))
        return exact_sign(a, b, c);
    two_product(ax, by, &left, &more);
    two_product(ay, bx, &right, &less);
    if (left != right)
        return left > right ? 1 : -1;
    return (more > less) - (more < less);
}

/* On which side of the line a → b the point c lies: 1 left, -1 right, 0 on it, exactly.
   `det` is twice the area of the triangle, rounded. */
static inline int side(const double *a, const double *b, const double *c, double *det)
{
    double left = (a[0] - c[0]) * (b[1] - c[1]), right = (a[1] - c[1]) * (b[0] - c[0]);
    double d = left - right;
    *det = d;
    if (fabs(d) > 3.3306690738754716e-16 * (fabs(left) + fabs(right)))
        return d > 0 ? 1 : -1;
    return near_sign(a, b, c);
}

#endif
