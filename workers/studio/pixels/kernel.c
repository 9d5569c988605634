/* Compositing on 8-bit Y, U and V planes in integers: plain C, AVX2 and NEON give the same bytes.

   A sample between pixels is a mean of four, first along the row, then between rows:
     along   h = p0 * (128 - f) + p1 * f - 16384          f: 1/128 pixel; h: a pixel less 128, times 128
     between v = h0 + scaled(h1 - h0, g)                  g: 1/32768 pixel
     pixel     = ((v + 64) >> 7) + 128
   where scaled(a, b) = (a * b + 16384) >> 15, which is pmulhrsw and vqrdmulh. Dimming and fading act on v.
   Built without Python.h and called through ctypes; native.py holds the other side. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAS_AVX2 1
#define AVX2 __attribute__((target("avx2")))
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_neon.h>
#define HAS_NEON 1
#endif

#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#define EXPORT __attribute__((visibility("default")))
#else
#define INLINED static inline
#define EXPORT __declspec(dllexport)
#endif

enum { INTERFACE = 1, PLAIN = 0, WITH_AVX2 = 1, WITH_NEON = 2 };
enum { Y, U, V, A, CA, PLANES };
enum { ALONG_BITS = 7, BETWEEN_BITS = 15, WHOLE = 32768, OPAQUE = 255, LUMA_BLACK = -14336, GREY = 0 };

typedef uint8_t u8;
typedef int16_t s16;

/* Mirrors native.Planes. A null pointer is a plane that is not there. */
typedef struct {
    u8 *at[PLANES];
    int32_t stride[PLANES];
    int32_t w, h;
} Planes;

/* What happens to a sampled pixel before it is written: `keep` parts of its distance from `black` stay,
   then `fade` parts of it are laid over what is there; both in 1/32768, and WHOLE leaves the step out. */
typedef struct {
    int black, keep, fade;
} Ink;

/* Where the pixels of one row come from: both taps and weights of a column, and the same for byte shuffles:
   eight columns read 16 bytes from `base`; a tap off the picture is 0x80, which shuffles to 0. */
typedef struct {
    int count, shuffled;
    int32_t *tap, *base;
    u8 *weight, *shuffle, *shuffle_weight;
} Columns;

typedef struct {
    void (*along)(const Columns *, const u8 *, s16 *);
    void (*between)(const s16 *, const s16 *, int, u8 *, int, Ink);
    void (*tint)(const u8 *, u8 *, int, Ink);
    void (*blend)(u8 *, const u8 *, const u8 *, int, int);
    void (*through)(u8 *, const u8 *, const u8 *, int, int);
    void (*turn)(const u8 *, int, int, int, int32_t, int32_t, int32_t, int32_t, u8 *, int);
    void (*luma)(const u8 *, int, int, u8 *, u8 *, int);
    void (*chroma)(const u8 *, const u8 *, int, int, u8 *, u8 *, u8 *, int);
    void (*sum)(const u8 *, uint32_t *, int);
} Rows;

INLINED int scaled(int a, int b) { return (a * b + 16384) >> 15; }
INLINED int by255(int value) { return (value + 128 + ((value + 128) >> 8)) >> 8; }
INLINED int bytes(int value) { return value < 0 ? 0 : value > 255 ? 255 : value; }
INLINED int wide(int pixel) { return (pixel - 128) * 128; }
INLINED int narrow(int v) { return bytes(((v + 64) >> 7) + 128); }

INLINED int inked(int v, int there, Ink ink)
{
    if (ink.keep < WHOLE)
        v = ink.black + scaled(v - ink.black, ink.keep);
    if (ink.fade < WHOLE)
        v = wide(there) + scaled(v - wide(there), ink.fade);
    return narrow(v);
}

/* ---- plain C ---- */

static void along_plain(const Columns *c, const u8 *row, s16 *out)
{
    for (int i = 0; i < c->count; i++)
        out[i] = (s16)(row[c->tap[2 * i]] * c->weight[2 * i] + row[c->tap[2 * i + 1]] * c->weight[2 * i + 1] - 16384);
}

static void between_plain(const s16 *a, const s16 *b, int g, u8 *out, int n, Ink ink)
{
    for (int i = 0; i < n; i++)
        out[i] = (u8)inked(a[i] + scaled(b[i] - a[i], g), out[i], ink);
}

static void tint_plain(const u8 *from, u8 *out, int n, Ink ink)
{
    for (int i = 0; i < n; i++)
        out[i] = (u8)inked(wide(from[i]), out[i], ink);
}

static void blend_plain(u8 *out, const u8 *ink, const u8 *alpha, int opacity, int n)
{
    for (int i = 0; i < n; i++) {
        int colour = by255(ink[i] * opacity), cover = by255(alpha[i] * opacity);
        out[i] = (u8)bytes(colour + by255(out[i] * (255 - cover)));
    }
}

static void through_plain(u8 *out, const u8 *ink, const u8 *alpha, int opacity, int n)
{
    for (int i = 0; i < n; i++) {
        int cover = by255(alpha[i] * opacity);
        out[i] = (u8)by255(ink[i] * cover + out[i] * (255 - cover));
    }
}

INLINED int pixel_or_zero(const u8 *plane, int stride, int w, int h, int x, int y)
{
    return x < 0 || y < 0 || x >= w || y >= h ? 0 : plane[(size_t)y * stride + x];
}

INLINED u8 turned(const u8 *plane, int stride, int w, int h, int32_t x16, int32_t y16)
{
    int x = x16 >> 16, y = y16 >> 16, f = (x16 >> 9) & 127, g = (y16 >> 1) & 32767;
    if (x < -1 || y < -1 || x >= w || y >= h)
        return 0;
    int top = pixel_or_zero(plane, stride, w, h, x, y) * (128 - f)
        + pixel_or_zero(plane, stride, w, h, x + 1, y) * f - 16384;
    int low = pixel_or_zero(plane, stride, w, h, x, y + 1) * (128 - f)
        + pixel_or_zero(plane, stride, w, h, x + 1, y + 1) * f - 16384;
    return (u8)narrow(top + scaled(low - top, g));
}

static void turn_plain(const u8 *plane, int stride, int w, int h, int32_t x16, int32_t y16, int32_t dx16,
                       int32_t dy16, u8 *out, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = turned(plane, stride, w, h, x16 + i * dx16, y16 + i * dy16);
}

/* BT.709 limited range in 1/32768; the fourth column carries the offsets, so they are premultiplied too. */
static const s16 TO_Y[4] = {2032, 20127, 5983, 2056};
static const s16 TO_U[4] = {14392, -11094, -3298, 16448};
static const s16 TO_V[4] = {-1319, -13073, 14392, 16448};

INLINED int weighed(const s16 *by, const int *bgra, int bits)
{
    int sum = by[0] * bgra[0] + by[1] * bgra[1] + by[2] * bgra[2] + by[3] * bgra[3];
    return bytes((sum + (1 << (bits - 1))) >> bits);
}

static void luma_plain(const u8 *row, int step, int opaque, u8 *out, u8 *alpha, int n)
{
    for (int i = 0; i < n; i++, row += step) {
        int bgra[4] = {row[0], row[1], row[2], opaque ? 255 : row[3]};
        out[i] = (u8)weighed(TO_Y, bgra, 15);
        if (!opaque)
            alpha[i] = row[3];
    }
}

static void chroma_plain(const u8 *top, const u8 *low, int step, int opaque, u8 *u, u8 *v, u8 *alpha, int n)
{
    for (int i = 0; i < n; i++, top += 2 * step, low += 2 * step) {
        int bgra[4] = {0, 0, 0, 1020};
        for (int part = 0; part < (opaque ? 3 : 4); part++)
            bgra[part] = top[part] + top[part + step] + low[part] + low[part + step];
        u[i] = (u8)weighed(TO_U, bgra, 17);
        v[i] = (u8)weighed(TO_V, bgra, 17);
        if (!opaque)
            alpha[i] = (u8)((bgra[3] + 2) >> 2);
    }
}

INLINED void sum_row(const u8 *row, uint32_t *sums, int n)
{
    for (int i = 0; i < n; i++)
        sums[i] += row[i];
}

static void sum_plain(const u8 *row, uint32_t *sums, int n) { sum_row(row, sums, n); }

/* ---- AVX2 ---- */

#if HAS_AVX2

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define HALF(p) _mm_loadu_si128((const __m128i *)(p))

AVX2 static void along_avx2(const Columns *c, const u8 *row, s16 *out)
{
    if (!c->shuffled) {
        along_plain(c, row, out);
        return;
    }
    const __m256i middle = _mm256_set1_epi8((char)0x80);
    for (int i = 0; i < c->count; i += 16) {
        const int32_t *base = c->base + i / 8;
        __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(HALF(row + base[0])), HALF(row + base[1]), 1);
        pixels = _mm256_xor_si256(_mm256_shuffle_epi8(pixels, LOAD(c->shuffle + 2 * i)), middle);
        STORE(out + i, _mm256_maddubs_epi16(LOAD(c->shuffle_weight + 2 * i), pixels));
    }
}

AVX2 INLINED __m256i wide256(const u8 *pixels)
{
    __m128i signs = _mm_xor_si128(HALF(pixels), _mm_set1_epi8((char)0x80));
    return _mm256_slli_epi16(_mm256_cvtepi8_epi16(signs), ALONG_BITS);
}

AVX2 INLINED __m256i nearer256(__m256i from, __m256i to, __m256i part)
{
    return _mm256_add_epi16(from, _mm256_mulhrs_epi16(_mm256_sub_epi16(to, from), part));
}

AVX2 INLINED __m256i inked256(__m256i v, const u8 *there, Ink ink, int keeps, int fades)
{
    if (keeps)
        v = nearer256(_mm256_set1_epi16((s16)ink.black), v, _mm256_set1_epi16((s16)ink.keep));
    if (fades)
        v = nearer256(wide256(there), v, _mm256_set1_epi16((s16)ink.fade));
    return _mm256_srai_epi16(_mm256_add_epi16(v, _mm256_set1_epi16(64)), ALONG_BITS);
}

AVX2 INLINED void put256(u8 *out, __m256i low, __m256i high)
{
    __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
    STORE(out, _mm256_xor_si256(both, _mm256_set1_epi8((char)0x80)));
}

AVX2 INLINED void between_block(const s16 *a, const s16 *b, __m256i g, u8 *out, Ink ink, int keeps, int fades)
{
    __m256i low = nearer256(LOAD(a), LOAD(b), g), high = nearer256(LOAD(a + 16), LOAD(b + 16), g);
    put256(out, inked256(low, out, ink, keeps, fades), inked256(high, out + 16, ink, keeps, fades));
}

AVX2 INLINED void between_row(const s16 *a, const s16 *b, int g, u8 *out, int n, Ink ink, int keeps, int fades)
{
    const __m256i part = _mm256_set1_epi16((s16)g);
    int i = 0;
    for (; i + 32 <= n; i += 32)
        between_block(a + i, b + i, part, out + i, ink, keeps, fades);
    if (i < n && n >= 32 && !fades) { /* what was written is not read, so the last block may overlap */
        between_block(a + n - 32, b + n - 32, part, out + n - 32, ink, keeps, fades);
        return;
    }
    between_plain(a + i, b + i, g, out + i, n - i, ink);
}

AVX2 static void between_avx2(const s16 *a, const s16 *b, int g, u8 *out, int n, Ink ink)
{
    if (ink.fade < WHOLE)
        between_row(a, b, g, out, n, ink, ink.keep < WHOLE, 1);
    else if (ink.keep < WHOLE)
        between_row(a, b, g, out, n, ink, 1, 0);
    else
        between_row(a, b, g, out, n, ink, 0, 0);
}

AVX2 static void tint_avx2(const u8 *from, u8 *out, int n, Ink ink)
{
    const int keeps = ink.keep < WHOLE, fades = ink.fade < WHOLE;
    int i = 0;
    for (; i + 32 <= n; i += 32)
        put256(out + i, inked256(wide256(from + i), out + i, ink, keeps, fades),
               inked256(wide256(from + i + 16), out + i + 16, ink, keeps, fades));
    tint_plain(from + i, out + i, n - i, ink);
}

AVX2 INLINED __m256i by255_256(__m256i value)
{
    value = _mm256_add_epi16(value, _mm256_set1_epi16(128));
    return _mm256_srli_epi16(_mm256_add_epi16(value, _mm256_srli_epi16(value, 8)), 8);
}

AVX2 INLINED __m256i times256(__m256i a, __m256i b)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i low = _mm256_mullo_epi16(_mm256_unpacklo_epi8(a, zero), _mm256_unpacklo_epi8(b, zero));
    __m256i high = _mm256_mullo_epi16(_mm256_unpackhi_epi8(a, zero), _mm256_unpackhi_epi8(b, zero));
    return _mm256_packus_epi16(by255_256(low), by255_256(high));
}

AVX2 static void blend_avx2(u8 *out, const u8 *ink, const u8 *alpha, int opacity, int n)
{
    const __m256i whole = _mm256_set1_epi8((char)0xFF), part = _mm256_set1_epi8((char)opacity);
    int i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i colour = LOAD(ink + i), cover = LOAD(alpha + i);
        __m256i any = _mm256_or_si256(colour, cover);
        if (_mm256_testz_si256(any, any))
            continue;
        if (opacity < OPAQUE) {
            colour = times256(colour, part);
            cover = times256(cover, part);
        }
        __m256i there = times256(LOAD(out + i), _mm256_xor_si256(cover, whole));
        STORE(out + i, _mm256_adds_epu8(colour, there));
    }
    blend_plain(out + i, ink + i, alpha + i, opacity, n - i);
}

AVX2 INLINED __m256i lerp256(__m256i ink, __m256i there, __m256i cover, __m256i bare)
{
    return by255_256(_mm256_add_epi16(_mm256_mullo_epi16(ink, cover), _mm256_mullo_epi16(there, bare)));
}

AVX2 static void through_avx2(u8 *out, const u8 *ink, const u8 *alpha, int opacity, int n)
{
    const __m256i zero = _mm256_setzero_si256(), whole = _mm256_set1_epi8((char)0xFF);
    const __m256i part = _mm256_set1_epi8((char)opacity);
    int i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i colour = LOAD(ink + i), there = LOAD(out + i), cover = LOAD(alpha + i);
        if (opacity < OPAQUE)
            cover = times256(cover, part);
        __m256i bare = _mm256_xor_si256(cover, whole);
        __m256i low = lerp256(_mm256_unpacklo_epi8(colour, zero), _mm256_unpacklo_epi8(there, zero),
                              _mm256_unpacklo_epi8(cover, zero), _mm256_unpacklo_epi8(bare, zero));
        __m256i high = lerp256(_mm256_unpackhi_epi8(colour, zero), _mm256_unpackhi_epi8(there, zero),
                               _mm256_unpackhi_epi8(cover, zero), _mm256_unpackhi_epi8(bare, zero));
        STORE(out + i, _mm256_packus_epi16(low, high));
    }
    through_plain(out + i, ink + i, alpha + i, opacity, n - i);
}

AVX2 INLINED void turn_block(const u8 *plane, int stride, __m256i x16, __m256i y16, u8 *out)
{
    __m256i at = _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srai_epi32(y16, 16), _mm256_set1_epi32(stride)),
                                  _mm256_srai_epi32(x16, 16));
    __m256i f = _mm256_and_si256(_mm256_srli_epi32(x16, 9), _mm256_set1_epi32(127));
    __m256i g = _mm256_and_si256(_mm256_srli_epi32(y16, 1), _mm256_set1_epi32(32767));
    __m256i weights = _mm256_or_si256(_mm256_sub_epi32(_mm256_set1_epi32(128), f), _mm256_slli_epi32(f, 8));
    const __m256i middle = _mm256_set1_epi8((char)0x80);
    __m256i top = _mm256_xor_si256(_mm256_i32gather_epi32((const int *)plane, at, 1), middle);
    __m256i low = _mm256_xor_si256(_mm256_i32gather_epi32((const int *)(plane + stride), at, 1), middle);
    __m256i v = nearer256(_mm256_maddubs_epi16(weights, top), _mm256_maddubs_epi16(weights, low), g);
    v = _mm256_srai_epi16(_mm256_add_epi16(v, _mm256_set1_epi16(64)), ALONG_BITS);
    v = _mm256_and_si256(_mm256_add_epi16(v, _mm256_set1_epi16(128)), _mm256_set1_epi32(0xFF));
    const __m256i first = _mm256_set1_epi32(0x0C080400);
    v = _mm256_shuffle_epi8(v, first);
    uint64_t eight = (uint32_t)_mm256_extract_epi32(v, 0) | (uint64_t)(uint32_t)_mm256_extract_epi32(v, 4) << 32;
    memcpy(out, &eight, 8);
}

INLINED int both_within(int32_t a16, int32_t b16, int low, int high)
{
    int a = a16 >> 16, b = b16 >> 16;
    return a >= low && b >= low && a <= high && b <= high;
}

INLINED int both_off(int32_t a16, int32_t b16, int side)
{
    int a = a16 >> 16, b = b16 >> 16;
    return (a < -1 && b < -1) || (a >= side && b >= side);
}

AVX2 static void turn_avx2(const u8 *plane, int stride, int w, int h, int32_t x16, int32_t y16, int32_t dx16,
                           int32_t dy16, u8 *out, int n)
{
    const __m256i eighth = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i dx = _mm256_mullo_epi32(eighth, _mm256_set1_epi32(dx16));
    const __m256i dy = _mm256_mullo_epi32(eighth, _mm256_set1_epi32(dy16));
    int i = 0;
    for (; i + 8 <= n; i += 8, x16 += 8 * dx16, y16 += 8 * dy16) {
        int32_t last_x = x16 + 7 * dx16, last_y = y16 + 7 * dy16;
        if (both_within(x16, last_x, 0, w - 4) && both_within(y16, last_y, 0, h - 2)) /* a gather reads 4 bytes */
            turn_block(plane, stride, _mm256_add_epi32(_mm256_set1_epi32(x16), dx),
                       _mm256_add_epi32(_mm256_set1_epi32(y16), dy), out + i);
        else if (both_off(x16, last_x, w) || both_off(y16, last_y, h))
            memset(out + i, 0, 8);
        else
            turn_plain(plane, stride, w, h, x16, y16, dx16, dy16, out + i, 8);
    }
    turn_plain(plane, stride, w, h, x16, y16, dx16, dy16, out + i, n - i);
}

/* Four pixels as sixteen 16-bit parts. */
AVX2 INLINED __m256i parts256(const u8 *row, int opaque)
{
    __m256i four = _mm256_cvtepu8_epi16(HALF(row));
    return opaque ? _mm256_blend_epi16(four, _mm256_set1_epi16(255), 0x88) : four;
}

AVX2 INLINED __m256i weighed256(__m256i a, __m256i b, const s16 *by, int bits)
{
    int64_t four;
    memcpy(&four, by, 8);
    const __m256i weights = _mm256_set1_epi64x(four);
    __m256i sums = _mm256_hadd_epi32(_mm256_madd_epi16(a, weights), _mm256_madd_epi16(b, weights));
    return _mm256_srai_epi32(_mm256_add_epi32(sums, _mm256_set1_epi32(1 << (bits - 1))), bits);
}

AVX2 INLINED void put_eight(__m128i first, __m128i last, u8 *out)
{
    __m128i words = _mm_packs_epi32(first, last);
    _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(words, words));
}

/* hadd leaves 0145|2367 for neighbours in two registers, 0246|1357 for pairs drawn from two. */
AVX2 INLINED void put_neighbours(__m256i sums, u8 *out)
{
    __m128i low = _mm256_castsi256_si128(sums), high = _mm256_extracti128_si256(sums, 1);
    put_eight(_mm_unpacklo_epi64(low, high), _mm_unpackhi_epi64(low, high), out);
}

AVX2 INLINED void put_pairs(__m256i sums, u8 *out)
{
    __m128i low = _mm256_castsi256_si128(sums), high = _mm256_extracti128_si256(sums, 1);
    put_eight(_mm_unpacklo_epi32(low, high), _mm_unpackhi_epi32(low, high), out);
}

/* Scaled by 4, so that alphas go the same way as colours. */
static const s16 TO_A[4] = {0, 0, 0, 4}, TO_CA[4] = {0, 0, 0, 1};

AVX2 static void luma_avx2(const u8 *row, int step, int opaque, u8 *out, u8 *alpha, int n)
{
    int i = 0;
    for (; step == 4 && i + 8 <= n; i += 8) {
        __m256i a = parts256(row + 4 * i, opaque), b = parts256(row + 4 * i + 16, opaque);
        put_neighbours(weighed256(a, b, TO_Y, 15), out + i);
        if (!opaque)
            put_neighbours(weighed256(a, b, TO_A, 2), alpha + i);
    }
    luma_plain(row + step * i, step, opaque, out + i, opaque ? 0 : alpha + i, n - i);
}

/* Two output pixels in a lane order that put_pairs puts straight. */
AVX2 INLINED __m256i pairs256(const u8 *top, const u8 *low, int opaque)
{
    __m256i a = _mm256_add_epi16(parts256(top, opaque), parts256(low, opaque));
    __m256i b = _mm256_add_epi16(parts256(top + 16, opaque), parts256(low + 16, opaque));
    return _mm256_add_epi16(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}

AVX2 static void chroma_avx2(const u8 *top, const u8 *low, int step, int opaque, u8 *u, u8 *v, u8 *alpha, int n)
{
    int i = 0;
    for (; step == 4 && i + 8 <= n; i += 8) {
        __m256i a = pairs256(top + 8 * i, low + 8 * i, opaque), b = pairs256(top + 8 * i + 32, low + 8 * i + 32, opaque);
        put_pairs(weighed256(a, b, TO_U, 17), u + i);
        put_pairs(weighed256(a, b, TO_V, 17), v + i);
        if (!opaque)
            put_pairs(weighed256(a, b, TO_CA, 2), alpha + i);
    }
    chroma_plain(top + 2 * step * i, low + 2 * step * i, step, opaque, u + i, v + i, opaque ? 0 : alpha + i, n - i);
}

AVX2 static void sum_avx2(const u8 *row, uint32_t *sums, int n) { sum_row(row, sums, n); }

static const Rows AVX2_ROWS = {along_avx2, between_avx2, tint_avx2,   blend_avx2, through_avx2,
                               turn_avx2,  luma_avx2,    chroma_avx2, sum_avx2};
#endif

/* ---- NEON; turning and conversion are left to the compiler, which has no gather to use ---- */

#if HAS_NEON

static void along_neon(const Columns *c, const u8 *row, s16 *out)
{
    if (!c->shuffled) {
        along_plain(c, row, out);
        return;
    }
    for (int i = 0; i < c->count; i += 8) {
        uint8x16_t pixels = vld1q_u8(row + c->base[i / 8]);
        uint8x8x2_t taps = vld2_u8(c->shuffle + 2 * i), weights = vld2_u8(c->shuffle_weight + 2 * i);
        uint16x8_t sum = vmull_u8(vqtbl1_u8(pixels, taps.val[0]), weights.val[0]);
        sum = vmlal_u8(sum, vqtbl1_u8(pixels, taps.val[1]), weights.val[1]);
        vst1q_s16(out + i, vreinterpretq_s16_u16(vsubq_u16(sum, vdupq_n_u16(16384))));
    }
}

INLINED int16x8_t wide8(const u8 *pixels)
{
    int8x8_t signs = vreinterpret_s8_u8(veor_u8(vld1_u8(pixels), vdup_n_u8(0x80)));
    return vshll_n_s8(signs, ALONG_BITS);
}

INLINED int16x8_t nearer8(int16x8_t from, int16x8_t to, int part)
{
    return vaddq_s16(from, vqrdmulhq_n_s16(vsubq_s16(to, from), (s16)part));
}

INLINED void put8(int16x8_t v, u8 *out, Ink ink)
{
    if (ink.keep < WHOLE)
        v = nearer8(vdupq_n_s16((s16)ink.black), v, ink.keep);
    if (ink.fade < WHOLE)
        v = nearer8(wide8(out), v, ink.fade);
    int8x8_t signs = vqmovn_s16(vshrq_n_s16(vaddq_s16(v, vdupq_n_s16(64)), ALONG_BITS));
    vst1_u8(out, veor_u8(vreinterpret_u8_s8(signs), vdup_n_u8(0x80)));
}

static void between_neon(const s16 *a, const s16 *b, int g, u8 *out, int n, Ink ink)
{
    int i = 0;
    for (; i + 8 <= n; i += 8)
        put8(nearer8(vld1q_s16(a + i), vld1q_s16(b + i), g), out + i, ink);
    between_plain(a + i, b + i, g, out + i, n - i, ink);
}

static void tint_neon(const u8 *from, u8 *out, int n, Ink ink)
{
    int i = 0;
    for (; i + 8 <= n; i += 8)
        put8(wide8(from + i), out + i, ink);
    tint_plain(from + i, out + i, n - i, ink);
}

INLINED uint8x8_t by255_8(uint16x8_t value)
{
    value = vaddq_u16(value, vdupq_n_u16(128));
    return vmovn_u16(vshrq_n_u16(vaddq_u16(value, vshrq_n_u16(value, 8)), 8));
}

static void blend_neon(u8 *out, const u8 *ink, const u8 *alpha, int opacity, int n)
{
    const uint8x8_t part = vdup_n_u8((u8)opacity);
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        uint8x8_t colour = vld1_u8(ink + i), cover = vld1_u8(alpha + i);
        if (opacity < OPAQUE) {
            colour = by255_8(vmull_u8(colour, part));
            cover = by255_8(vmull_u8(cover, part));
        }
        vst1_u8(out + i, vqadd_u8(colour, by255_8(vmull_u8(vld1_u8(out + i), vmvn_u8(cover)))));
    }
    blend_plain(out + i, ink + i, alpha + i, opacity, n - i);
}

static void through_neon(u8 *out, const u8 *ink, const u8 *alpha, int opacity, int n)
{
    const uint8x8_t part = vdup_n_u8((u8)opacity);
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        uint8x8_t cover = vld1_u8(alpha + i);
        if (opacity < OPAQUE)
            cover = by255_8(vmull_u8(cover, part));
        uint16x8_t sum = vmull_u8(vld1_u8(ink + i), cover);
        vst1_u8(out + i, by255_8(vmlal_u8(sum, vld1_u8(out + i), vmvn_u8(cover))));
    }
    through_plain(out + i, ink + i, alpha + i, opacity, n - i);
}

static const Rows NEON_ROWS = {along_neon, between_neon, tint_neon,    blend_neon, through_neon,
                               turn_plain, luma_plain,   chroma_plain, sum_plain};
#endif

static const Rows PLAIN_ROWS = {along_plain, between_plain, tint_plain,   blend_plain, through_plain,
                                turn_plain,  luma_plain,    chroma_plain, sum_plain};

static const Rows *rows_of(int kind)
{
#if HAS_AVX2
    if (kind == WITH_AVX2)
        return &AVX2_ROWS;
#elif HAS_NEON
    if (kind == WITH_NEON)
        return &NEON_ROWS;
#endif
    return &PLAIN_ROWS;
}

/* ---- a plane scaled and moved ---- */

/* A plane is read at (i + 0.5 - origin) / scale - 0.5 for the middle of pixel i. */
typedef struct {
    double x, y, scale;
    int clear; /* beyond the plane lies nothing, instead of its last pixels */
} Place;

static int64_t position(double middle, double origin, double scale, int side, int clear, int bits)
{
    double low = clear ? -2.0 : 0.0, high = clear ? side + 1.0 : side - 1.0;
    double at = (middle - origin) / scale - 0.5, one = (double)((int64_t)1 << bits);
    at = at < low ? low : at > high ? high : at;
    return (int64_t)((at + 2.0) * one + 0.5) - 2 * ((int64_t)1 << bits);
}

static int nearest_within(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

static void shuffle_columns(Columns *c, const int32_t *from, int w)
{
    c->shuffled = w >= 16;
    for (int i = 0; c->shuffled && i < c->count; i += 8) {
        int base = nearest_within(from[2 * i], 0, w - 16);
        c->base[i / 8] = base;
        for (int tap = 2 * i; tap < 2 * i + 16; tap++) {
            int there = from[tap] >= 0 && from[tap] < w;
            c->shuffle[tap] = (u8)(there ? from[tap] - base : 0x80);
            c->shuffled &= !there || (from[tap] >= base && from[tap] - base < 16);
        }
    }
}

/* One block holds it all; free(c->tap) gives it back. */
static int set_columns(Columns *c, int first, int n, int w, Place place)
{
    c->count = (n + 15) & ~15;
    size_t taps = 2 * (size_t)c->count;
    u8 *block = malloc(taps * (2 * sizeof(int32_t) + 3) + (size_t)c->count / 8 * sizeof(int32_t));
    if (!block)
        return 0;
    int32_t *from = (int32_t *)block;
    c->tap = from;
    from += taps;
    c->base = from + taps;
    c->weight = (u8 *)(c->base + c->count / 8);
    c->shuffle = c->weight + taps;
    c->shuffle_weight = c->shuffle + taps;
    for (int i = 0; i < c->count; i++) {
        int64_t at = position(first + (i < n ? i : n - 1) + 0.5, place.x, place.scale, w, place.clear, ALONG_BITS);
        int tap = (int)(at >> ALONG_BITS), part = (int)(at & 127);
        int next = place.clear || tap + 1 < w ? tap + 1 : w - 1;
        from[2 * i] = tap;
        from[2 * i + 1] = next;
        c->shuffle_weight[2 * i] = (u8)(128 - part);
        c->shuffle_weight[2 * i + 1] = (u8)part;
    }
    for (size_t i = 0; i < taps; i++) {
        int there = from[i] >= 0 && from[i] < w;
        c->tap[i] = there ? from[i] : 0;
        c->weight[i] = there ? c->shuffle_weight[i] : 0;
    }
    shuffle_columns(c, from, w);
    return 1;
}

/* The two rows of a plane that were last brought to the width of the frame. */
typedef struct {
    const u8 *at;
    int stride;
    s16 *row[2];
    int held[2];
} Reader;

typedef struct {
    const Rows *rows;
    Columns columns;
    Place place;
    int h;
    s16 *memory, *nothing;
    Reader reader[3];
} Warp;

static void end_warp(Warp *warp)
{
    free(warp->columns.tap);
    free(warp->memory);
}

/* Get ready to read `count` planes of w x h, for n columns of the frame from `first` on. */
static int begin_warp(Warp *warp, const Rows *rows, const Planes *from, const int *which, int count, int first, int n,
                      int w, int h, Place place)
{
    warp->rows = rows;
    warp->place = place;
    warp->h = h;
    warp->memory = NULL;
    if (!set_columns(&warp->columns, first, n, w, place))
        return 0;
    size_t wide_n = (size_t)warp->columns.count;
    warp->memory = malloc((2 * (size_t)count + 1) * wide_n * sizeof(s16));
    if (!warp->memory) {
        end_warp(warp);
        return 0;
    }
    warp->nothing = warp->memory + 2 * (size_t)count * wide_n;
    for (size_t i = 0; i < wide_n; i++)
        warp->nothing[i] = -16384;
    for (int i = 0; i < count; i++) {
        Reader *reader = &warp->reader[i];
        reader->at = from->at[which[i]];
        reader->stride = from->stride[which[i]];
        reader->row[0] = warp->memory + 2 * (size_t)i * wide_n;
        reader->row[1] = reader->row[0] + wide_n;
        reader->held[0] = reader->held[1] = -1;
    }
    return 1;
}

static const s16 *row_at(Warp *warp, Reader *reader, int y)
{
    if (y < 0 || y >= warp->h)
        return warp->nothing;
    int slot = y & 1;
    if (reader->held[slot] != y) {
        warp->rows->along(&warp->columns, reader->at + (size_t)y * reader->stride, reader->row[slot]);
        reader->held[slot] = y;
    }
    return reader->row[slot];
}

/* Write n pixels of the frame's row y as they are seen in plane `which` of the warp. */
static void draw_row(Warp *warp, int which, int y, u8 *out, int n, Ink ink)
{
    Place place = warp->place;
    int64_t at = position(y + 0.5, place.y, place.scale, warp->h, place.clear, BETWEEN_BITS);
    int row = (int)(at >> BETWEEN_BITS), part = (int)(at & 32767);
    const s16 *top = row_at(warp, &warp->reader[which], row);
    const s16 *low = part ? row_at(warp, &warp->reader[which], row + 1) : top;
    warp->rows->between(top, low, part, out, n, ink);
}

/* ---- what planes.py calls; rectangles are even and inside the frame; 0: no memory ---- */

static const Ink AS_IT_IS = {GREY, WHOLE, WHOLE};
static const int LUMA_OF[] = {Y, A}, CHROMA_OF[] = {U, V, CA};

EXPORT int planes_interface(void) { return INTERFACE; }

EXPORT int planes_kind(void)
{
#if HAS_AVX2
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? WITH_AVX2 : PLAIN;
#elif HAS_NEON
    return WITH_NEON;
#else
    return PLAIN;
#endif
}

static u8 *pixel(const Planes *planes, int which, int x, int y)
{
    return planes->at[which] + (size_t)y * planes->stride[which] + x;
}

EXPORT int planes_cover(int kind, const Planes *frame, const Planes *plate, int x0, int y0, int x1, int y1, double x,
                        double y, double scale, int keep, int fade)
{
    for (int half = 0; half < 2; half++) {
        Warp warp;
        const int *which = half ? CHROMA_OF : LUMA_OF;
        int left = x0 >> half, n = (x1 - x0) >> half, count = 1 + half;
        Place place = {half ? x / 2 : x, half ? y / 2 : y, scale, 0};
        Ink ink = {half ? GREY : LUMA_BLACK, keep, fade};
        if (!begin_warp(&warp, rows_of(kind), plate, which, count, left, n, plate->w >> half, plate->h >> half, place))
            return 0;
        for (int row = y0 >> half; row < y1 >> half; row++)
            for (int i = 0; i < count; i++)
                draw_row(&warp, i, row, pixel(frame, which[i], left, row), n, ink);
        end_warp(&warp);
    }
    return 1;
}

EXPORT int planes_lay_still(int kind, const Planes *frame, const Planes *sprite, int x0, int y0, int x1, int y1, int x,
                            int y, int opacity)
{
    for (int plane = Y; plane <= V; plane++) {
        int half = plane != Y, left = x0 >> half, alpha = half ? CA : A;
        for (int row = y0 >> half; row < y1 >> half; row++)
            rows_of(kind)->blend(pixel(frame, plane, left, row),
                                 pixel(sprite, plane, left - (x >> half), row - (y >> half)),
                                 pixel(sprite, alpha, left - (x >> half), row - (y >> half)), opacity,
                                 (x1 - x0) >> half);
    }
    return 1;
}

EXPORT int planes_lay_scaled(int kind, const Planes *frame, const Planes *sprite, int x0, int y0, int x1, int y1,
                             double x, double y, double scale, int opacity)
{
    const Rows *rows = rows_of(kind);
    u8 *alpha = malloc(2 * (size_t)(x1 - x0));
    if (!alpha)
        return 0;
    u8 *ink = alpha + (x1 - x0);
    for (int half = 0; half < 2; half++) {
        Warp warp;
        const int *which = half ? CHROMA_OF : LUMA_OF;
        int left = x0 >> half, n = (x1 - x0) >> half, inks = 1 + half;
        Place place = {half ? x / 2 : x, half ? y / 2 : y, scale, 1};
        if (!begin_warp(&warp, rows, sprite, which, inks + 1, left, n, sprite->w >> half, sprite->h >> half, place)) {
            free(alpha);
            return 0;
        }
        for (int row = y0 >> half; row < y1 >> half; row++) {
            draw_row(&warp, inks, row, alpha, n, AS_IT_IS);
            for (int i = 0; i < inks; i++) {
                draw_row(&warp, i, row, ink, n, AS_IT_IS);
                rows->blend(pixel(frame, which[i], left, row), ink, alpha, opacity, n);
            }
        }
        end_warp(&warp);
    }
    free(alpha);
    return 1;
}

/* (x, y) is the middle of the sprite on the frame; cosine and sine are of a clockwise turn, divided by the scale. */
EXPORT int planes_lay_turned(int kind, const Planes *frame, const Planes *sprite, int x0, int y0, int x1, int y1,
                             double x, double y, double cosine, double sine, int opacity)
{
    const Rows *rows = rows_of(kind);
    u8 *alpha = malloc(2 * (size_t)(x1 - x0));
    if (!alpha)
        return 0;
    u8 *ink = alpha + (x1 - x0);
    int32_t dx = (int32_t)(cosine * 65536), dy = (int32_t)(-sine * 65536);
    for (int half = 0; half < 2; half++) {
        const int *which = half ? CHROMA_OF : LUMA_OF;
        int left = x0 >> half, n = (x1 - x0) >> half, inks = 1 + half, w = sprite->w >> half, h = sprite->h >> half;
        for (int row = y0 >> half; row < y1 >> half; row++) {
            double right = left + 0.5 - (half ? x / 2 : x), down = row + 0.5 - (half ? y / 2 : y);
            /* half of 1/128 more, so that cutting off the lower bits rounds */
            int32_t x16 = (int32_t)((cosine * right + sine * down + w * 0.5 - 0.5) * 65536 + 256);
            int32_t y16 = (int32_t)((cosine * down - sine * right + h * 0.5 - 0.5) * 65536);
            rows->turn(sprite->at[which[inks]], sprite->stride[which[inks]], w, h, x16, y16, dx, dy, alpha, n);
            for (int i = 0; i < inks; i++) {
                rows->turn(sprite->at[which[i]], sprite->stride[which[i]], w, h, x16, y16, dx, dy, ink, n);
                rows->blend(pixel(frame, which[i], left, row), ink, alpha, opacity, n);
            }
        }
    }
    free(alpha);
    return 1;
}

EXPORT int planes_lay_plate(int kind, const Planes *frame, const Planes *plate, const Planes *mask, int x0, int y0,
                            int x1, int y1, int mask_x, int mask_y, double x, double y, double scale, int opacity)
{
    const Rows *rows = rows_of(kind);
    u8 *ink = malloc((size_t)(x1 - x0));
    if (!ink)
        return 0;
    for (int half = 0; half < 2; half++) {
        Warp warp;
        const int *which = half ? CHROMA_OF : LUMA_OF;
        int left = x0 >> half, n = (x1 - x0) >> half, inks = 1 + half;
        Place place = {half ? x / 2 : x, half ? y / 2 : y, scale, 0};
        if (!begin_warp(&warp, rows, plate, which, inks, left, n, plate->w >> half, plate->h >> half, place)) {
            free(ink);
            return 0;
        }
        for (int row = y0 >> half; row < y1 >> half; row++)
            for (int i = 0; i < inks; i++) {
                draw_row(&warp, i, row, ink, n, AS_IT_IS);
                rows->through(pixel(frame, which[i], left, row), ink,
                              pixel(mask, half ? CA : A, left - (mask_x >> half), row - (mask_y >> half)), opacity, n);
            }
        end_warp(&warp);
    }
    free(ink);
    return 1;
}

/* Lay `fade` parts of another picture over the rectangle, or, with none, keep `keep` parts of what is there. */
EXPORT int planes_tint(int kind, const Planes *frame, const Planes *other, int x0, int y0, int x1, int y1, int keep,
                       int fade)
{
    for (int plane = Y; plane <= V; plane++) {
        int half = plane != Y, left = x0 >> half;
        Ink ink = {half ? GREY : LUMA_BLACK, keep, fade};
        for (int row = y0 >> half; row < y1 >> half; row++)
            rows_of(kind)->tint(pixel(other, plane, left, row), pixel(frame, plane, left, row), (x1 - x0) >> half, ink);
    }
    return 1;
}

/* Pixels of `step` bytes become the planes of `out`; without alpha planes every pixel is opaque. */
EXPORT int planes_split(int kind, const u8 *bgra, int64_t stride, int step, const Planes *out)
{
    const Rows *rows = rows_of(kind);
    const int opaque = !out->at[A];
    for (int y = 0; y < out->h; y++)
        rows->luma(bgra + y * stride, step, opaque, pixel(out, Y, 0, y), opaque ? NULL : pixel(out, A, 0, y), out->w);
    for (int y = 0; y < out->h / 2; y++)
        rows->chroma(bgra + 2 * y * stride, bgra + (2 * y + 1) * stride, step, opaque, pixel(out, U, 0, y),
                     pixel(out, V, 0, y), opaque ? NULL : pixel(out, CA, 0, y), out->w / 2);
    return 1;
}

/* Means of small areas go by a reciprocal, which is exact while 255 * area^2 stays under 2^32. */
static void mean_row(const uint32_t *sums, int from_w, int rows, u8 *out, int w)
{
    uint64_t area = 0, part = 0;
    for (int i = 0; i < w; i++) {
        int first = (int)((int64_t)i * from_w / w), last = (int)(((int64_t)(i + 1) * from_w + w - 1) / w);
        uint64_t sum = 0;
        for (int j = first; j < last; j++)
            sum += sums[j];
        uint64_t here = (uint64_t)(last - first) * rows;
        if (here != area) {
            area = here;
            part = (((uint64_t)1 << 32) + area - 1) / area;
        }
        sum += area / 2;
        out[i] = (u8)(area < 4000 ? sum * part >> 32 : sum / area);
    }
}

/* Each pixel of `to` becomes the mean of the pixels it touches. */
EXPORT int planes_shrink(int kind, const Planes *from, const Planes *to)
{
    const Rows *rows = rows_of(kind);
    uint32_t *sums = malloc((size_t)from->w * sizeof(uint32_t));
    if (!sums)
        return 0;
    for (int plane = Y; plane <= V; plane++) {
        int half = plane != Y, w = from->w >> half, h = from->h >> half, to_h = to->h >> half;
        for (int y = 0; y < to_h; y++) {
            int first = (int)((int64_t)y * h / to_h), last = (int)(((int64_t)(y + 1) * h + to_h - 1) / to_h);
            memset(sums, 0, (size_t)w * sizeof(uint32_t));
            for (int row = first; row < last; row++)
                rows->sum(pixel(from, plane, 0, row), sums, w);
            mean_row(sums, w, last - first, pixel(to, plane, 0, y), to->w >> half);
        }
    }
    free(sums);
    return 1;
}

/* Chroma between its own pixels, times 16: three parts of the nearer row and column, one of the other. */
static void raise_chroma(const Planes *from, int which, int y, int32_t *mean, int32_t *out)
{
    int w = from->w / 2, h = from->h / 2, near = y / 2, far = nearest_within(y & 1 ? near + 1 : near - 1, 0, h - 1);
    const u8 *a = pixel(from, which, 0, near), *b = pixel(from, which, 0, far);
    for (int i = 0; i < w; i++)
        mean[i] = 3 * a[i] + b[i] - 512;
    for (int i = 0; i < w; i++) {
        out[2 * i] = 3 * mean[i] + mean[i ? i - 1 : 0];
        out[2 * i + 1] = 3 * mean[i] + mean[i + 1 < w ? i + 1 : w - 1];
    }
}

INLINED u8 colour(int sum) { return (u8)bytes((sum + 131072) >> 18); }

EXPORT int planes_join(const Planes *from, u8 *bgra, int64_t stride)
{
    int w = from->w;
    int32_t *memory = malloc(3 * (size_t)w * sizeof(int32_t)), *u = memory + w, *v = u + w;
    if (!memory)
        return 0;
    for (int y = 0; y < from->h; y++) {
        const u8 *luma = pixel(from, Y, 0, y);
        u8 *out = bgra + y * stride;
        raise_chroma(from, U, y, memory, u);
        raise_chroma(from, V, y, memory, v);
        for (int i = 0; i < w; i++) {
            int light = 16 * 19077 * (luma[i] - 16);
            out[4 * i] = colour(light + 34610 * u[i]);
            out[4 * i + 1] = colour(light - 3494 * u[i] - 8731 * v[i]);
            out[4 * i + 2] = colour(light + 29372 * v[i]);
            out[4 * i + 3] = 255;
        }
    }
    free(memory);
    return 1;
}
