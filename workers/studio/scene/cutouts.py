"""Products taken off their ground: by the picture's own transparency, by its plain backdrop, or by GrabCut."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adengine.core.errors import PictureUnusable
from workers.studio.scene.pictures import Pixels, is_cut_out, read

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Method = Literal["own alpha", "backdrop", "grabcut"]

MIN_CONFIDENCE = 0.8  # below it the photograph stays whole
LARGEST_SIDE = 2048
WORKING_SIDE = 800
GRABCUT_SIDE = 320
GRABCUT_MARGIN = 0.06
BORDER = 0.03
MIN_BORDER_INLIERS = 0.85
FOOT_STEEPNESS = 2.2
SEED = 7


@dataclass(frozen=True)
class CutOut:
    """A product without its ground: `image` is RGBA of the picture's shape, `confidence` runs from 0 to 1."""

    image: Image.Image
    confidence: float
    method: Method


@dataclass(frozen=True)
class _Found:
    """Where the product is, at working size, and how sure that is."""

    subject: Mask
    confidence: float
    method: Method


def cut_out(picture: Image.Image) -> CutOut | None:
    """Take the product off its ground; None where that is not sure enough for a film.

    The picture is upright RGB or RGBA; the cut-out has at most 2048 pixels a side. Sources: GrabCut is Rother,
    Kolmogorov and Blake 2004; the edge is unmixed between the nearest ground and product colours.
    """
    if is_cut_out(picture):
        return CutOut(picture, 1.0, "own alpha")
    photo = picture.convert("RGB")
    photo.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(photo)
    found = _sure(_before_backdrop(pixels)) or _sure(_by_grabcut(pixels))
    if found is None:
        return None
    return CutOut(_lifted(pixels, found.subject), round(found.confidence, 3), found.method)


@dataclass(frozen=True)
class CutOutFile:
    """A cut-out as WebP bytes."""

    content: bytes
    sha256: str
    confidence: float


def cut_out_file(path: Path) -> CutOutFile | None:
    """Cut out the picture in a file; None where that is not sure enough, or the picture cannot be read."""
    try:
        found = cut_out(read(path, at_most=(LARGEST_SIDE, LARGEST_SIDE)))
    except PictureUnusable as error:
        log.warning("there is no cut-out: %s", error)
        return None
    if found is None:
        return None
    out = BytesIO()
    found.image.save(out, "WEBP", quality=95, alpha_quality=100, method=4)
    content = out.getvalue()
    return CutOutFile(content, sha256(content).hexdigest(), found.confidence)


def _sure(found: _Found | None) -> _Found | None:
    return found if found and found.confidence >= MIN_CONFIDENCE else None


def _before_backdrop(pixels: Pixels) -> _Found | None:
    """Find what stands before a plain backdrop: what a flood from the border does not reach."""
    small = _shrunk(pixels, WORKING_SIDE)
    lab = _lab(small)
    fitted, inliers, noise = _backdrop(lab)
    if inliers < MIN_BORDER_INLIERS:
        return None
    steepness = _steepness(lab)
    shade = _shade(lab, fitted)
    whole = _without_crumbs(~_flooded(shade, steepness, noise), 0.02)
    holes, doubt = _holes(whole, lab, lab - fitted, steepness)
    shadow = _shadow_at_foot(small, whole & ~holes, shade)
    subject = _without_crumbs(_opened(whole & ~holes & ~shadow, 2), 0.02)
    if not 0.02 < subject.mean() < 0.85 or _border_share(subject) > 0.12:
        return None
    fit = min(1.0, inliers + 0.05) * min(1.0, 1.4 - 0.2 * noise)
    return _Found(subject, fit * _edge_support(subject, steepness) * (1 - doubt), "backdrop")


def _by_grabcut(pixels: Pixels) -> _Found | None:
    """Let GrabCut part the picture's middle from its rim; a narrower rim must give the same product."""
    small = _shrunk(pixels, GRABCUT_SIDE)
    subject = _grabbed(small, GRABCUT_MARGIN)
    if subject is None:
        return None
    lab = _lab(small)
    steepness = _steepness(lab)
    alone = _edge_support(subject, steepness) * _own_colours(subject, lab) * (1 - _left_out(subject, steepness))
    other = _grabbed(small, GRABCUT_MARGIN / 2) if alone >= MIN_CONFIDENCE else None
    if other is None:
        return None
    agreement = float((subject & other).sum() / (subject | other).sum())
    return _Found(subject, 0.92 * agreement * alone, "grabcut")


def _left_out(subject: Mask, steepness: Floats) -> float:
    """Return how many edges as strong as the outline lie beside it: other things, or parts that were missed."""
    outline = _outline(subject)
    beside = ~(cv2.dilate(subject.astype(np.uint8), _disc(4)) > 0)
    strong = steepness > 0.6 * np.median(steepness[outline])
    return float(np.clip((beside & strong).sum() / outline.sum() - 0.1, 0, 1))


def _own_colours(subject: Mask, lab: Floats) -> float:
    """Return the share of the product whose colours are its own, and not the ground's as well."""
    bins = np.clip(lab // (8, 6, 6) + (0, 20, 20), 0, 40).astype(np.int32)
    codes = bins[..., 0] * 1681 + bins[..., 1] * 41 + bins[..., 2]
    own, ground = (np.bincount(codes[part], minlength=41**3) / part.sum() for part in (subject, ~subject))
    return float((own > 3 * ground)[codes[subject]].mean())


def _grabbed(small: Pixels, margin: float) -> Mask | None:
    height, width = small.shape[:2]
    x, y = max(1, round(width * margin)), max(1, round(height * margin))
    labels = np.zeros((height, width), np.uint8)
    labels[y:-y, x:-x] = cv2.GC_PR_FGD
    whole = _grabcut(small, labels, rounds=4)
    subject = _filled(_without_crumbs(_opened(whole, 1), 0.1))
    main = _largest_share(subject)
    sides = subject[y : y + 2], subject[-y - 2 : -y], subject[:, x : x + 2], subject[:, -x - 2 : -x]
    runs_out = max(float(side.mean()) for side in sides) > 0.08
    if not 0.05 < subject.mean() < 0.75 or main < 0.6 or runs_out:
        return None
    return subject


def _grabcut(small: Pixels, labels: Pixels, *, rounds: int) -> Mask:
    """Run GrabCut from these labels, always with the same random numbers."""
    cv2.setRNGSeed(SEED)
    models = np.zeros((2, 1, 65), np.float64)
    bgr = np.ascontiguousarray(small[:, :, ::-1])
    cv2.grabCut(bgr, labels, (0, 0, 0, 0), models[0], models[1], rounds, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def _backdrop(lab: Floats) -> tuple[Floats, float, float]:
    """Fit a quadratic colour field to the border, thrice without its outliers.

    Answers the field, the share of the border it explains, and the noise left there (Lab units).
    """
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    rim = _rim(height, width)
    given, seen = terms[rim], lab[rim]
    left = np.linalg.norm(seen - np.median(seen, 0), axis=1)
    fits = left <= max(12.0, 2 * float(np.median(left)))
    for _ in range(3):
        field = np.linalg.lstsq(given[fits], seen[fits], rcond=None)[0]
        left = np.linalg.norm(seen - given @ field, axis=1)
        noise = 1.4826 * float(np.median(left[fits]))
        fits = left < max(4.0, 3 * noise)
    return (terms @ field).astype(np.float32), float((left < 6).mean()), noise


def _shade(lab: Floats, fitted: Floats) -> Floats:
    """Return how each pixel differs from its backdrop: in lightness, and in tint where light alone cannot cause it."""
    light = lab[..., 0] - fitted[..., 0]
    # A shadow keeps the hue and takes about as much colour as light; warm grounds keep more of it.
    kept = np.clip(lab[..., 0] / np.maximum(fitted[..., 0], 1), 0, 1)
    own, seen = fitted[..., 1:], lab[..., 1:]
    along = np.sum(own * seen, 2) / np.maximum(np.sum(own * own, 2), 1e-3)
    along = np.clip(along, np.minimum(0.8 * kept, 1), np.maximum(1.0, 1.25 * kept))
    tint = np.linalg.norm(seen - own * along[..., None], axis=2)
    # On a dark ground a shadow hardly shows: what is darker still is the product.
    tint += np.where(fitted[..., 0] < 40, np.maximum(-light, 0), 0)
    # A coloured ground's shadow strays further: its light was thrown back by the product.
    strays = 1 + np.linalg.norm(own, axis=2) / 40
    return np.asarray(np.stack([light, tint / strays], -1), np.float32)


def _flooded(shade: Floats, steepness: Floats, noise: float) -> Mask:
    """Flood the backdrop from the border: like it in colour or in its soft shadow, and never across an edge."""
    light, tint = shade[..., 0], shade[..., 1]
    rough = float(np.percentile(steepness[_rim(*light.shape)], 97))
    flat = steepness < max(0.65, 1.3 * rough)
    alike = (tint < min(5.0, max(4.0, 3 * noise))) & (np.abs(light) < min(7.0, max(5.0, 4 * noise)))
    in_shadow = (tint < 9) & (light < 0) & (light > -50)
    able = flat & (alike | in_shadow)
    # Flooding with a wide brush keeps it from leaking through a gap in a faint outline.
    ground = _brushed(able, 3)
    # Where the product stands, its shadow has steeper sides than the backdrop has anywhere else.
    foot = _foot_of(_without_crumbs(~ground, 0.02), 0.7)
    return _brushed(ground | (foot & in_shadow & (tint < 5) & (steepness < FOOT_STEEPNESS)), 2)


def _brushed(able: Mask, radius: int) -> Mask:
    """Flood from the border through gaps no narrower than a brush."""
    core = _reached(cv2.erode(able.astype(np.uint8), _disc(radius), borderValue=1) > 0)
    return np.asarray((cv2.dilate(core.astype(np.uint8), _disc(radius)) > 0) & able)


def _foot_of(subject: Mask, part: float) -> Mask:
    """Return the rows below `part` of the subject's height."""
    foot = np.zeros_like(subject)
    rows = np.flatnonzero(subject.any(1))
    if len(rows):
        foot[round(rows[0] + part * (rows[-1] - rows[0])) :] = True
    return foot


def _shadow_at_foot(small: Pixels, subject: Mask, shade: Floats) -> Mask:
    """Find the shadow with too hard an edge for the flood: GrabCut tells it from the product, knowing both."""
    light, tint = shade[..., 0], shade[..., 1]
    labels = np.where(subject, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode((~subject).astype(np.uint8), _disc(6), borderValue=1) > 0] = cv2.GC_BGD
    labels[_opened(subject & ((tint > 16) | (light > 10) | (light < -62)), 2)] = cv2.GC_FGD
    close = cv2.distanceTransform(subject.astype(np.uint8), cv2.DIST_L2, 5) < 14
    maybe = subject & (tint < 14) & ((close & (light < 6)) | (_foot_of(subject, 0.6) & (light < -2)))
    if not (labels == cv2.GC_BGD).any() or not maybe.any():
        return np.zeros_like(subject)
    shadow = maybe & ~_grabcut(small, labels, rounds=3)
    return _reached(~subject | shadow) & subject


def _reached(able: Mask) -> Mask:
    """Keep the parts that touch the border."""
    _, labels = cv2.connectedComponents(able.astype(np.uint8), connectivity=4)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return np.asarray(np.isin(labels, edge[edge > 0]))


def _holes(subject: Mask, lab: Floats, off: Floats, steepness: Floats) -> tuple[Mask, float]:
    """Find where the backdrop shows through, as in a handle; answers how doubtful that is, too.

    A label of the backdrop's colour looks the same, above all in white: only what thin walls enclose is a hole.
    """
    alike = (np.linalg.norm(off, axis=2) < 4) & (steepness < 1.5)
    core = _opened(subject & alike, 2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core.astype(np.uint8), connectivity=4)
    walls = cv2.distanceTransform(subject.astype(np.uint8), cv2.DIST_L2, 5) < 0.14 * np.sqrt(subject.sum())
    holes, doubt = np.zeros_like(subject), 0.0
    for number in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] > 0.0006 * subject.size)[1:]:
        part = labels == number
        if _edge_support(part, steepness) < 0.95:
            continue
        thin = float(walls[_outline(part)].mean())
        if thin > (0.55 if np.median(lab[part][:, 0]) > 96 else 0.45):
            holes |= part
        elif thin > 0.25:
            doubt = 0.25
    return np.asarray(cv2.dilate(holes.astype(np.uint8), _disc(3)) > 0) & subject, doubt


def _lifted(pixels: Pixels, subject: Mask) -> Image.Image:
    """Cut the product out at full size: at its edge, how much of each pixel is product, and in which colour."""
    grown = pixels.shape[0] / subject.shape[0]
    mask = _resized_mask(subject, pixels)
    reach = max(2.0, 4 * grown)
    # What was found ends a little outside the product, where the ground first changes.
    depth = _depth(mask) - grown
    product, ground = _nearest_colours(pixels, depth, reach)
    alpha = _alpha(pixels, product, ground, depth, reach)
    out = np.empty((*mask.shape, 4), np.uint8)
    out[..., :3] = _unmixed(pixels, product, ground, alpha)
    out[..., 3] = np.rint(alpha * 255)
    return Image.fromarray(out)


def _nearest_colours(pixels: Pixels, depth: Floats, reach: float) -> tuple[Floats, Floats]:
    """Spread the colours of the sure ground and the sure product across the edge between them."""
    image = pixels.astype(np.float32)
    ground = _spread(image, (depth < -reach * 0.6).astype(np.float32), reach)
    contrast = np.sum((image - ground) ** 2, 2) / 65_025
    sure = (depth > reach).astype(np.float32)
    # A thin part has no sure inside: its most contrasting pixels stand for it.
    return _spread(image, sure + 1e-3 * contrast * (depth > 0), reach), ground


def _spread(image: Floats, weight: Floats, reach: float) -> Floats:
    sigma = max(1.0, reach)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    colours = cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma)
    return np.asarray(colours / np.maximum(total, 1e-7)[..., None], np.float32)


def _alpha(pixels: Pixels, product: Floats, ground: Floats, depth: Floats, reach: float) -> Floats:
    """Say how much of each pixel is product: by colour where product and ground differ, else by distance."""
    way = product - ground
    apart = np.sum(way * way, 2)
    by_colour = np.sum((pixels - ground) * way, 2) / np.maximum(apart, 1)
    by_place = np.clip(depth / reach + 0.5, 0, 1)
    trust = _eased((np.sqrt(apart) - 10) / 30)
    mixed = np.clip(by_colour, 0, 1) * trust + by_place * (1 - trust)
    bounded = np.clip(mixed, np.clip(2 * depth / reach - 1, 0, 1), np.clip(1 + depth / reach, 0, 1))
    smooth = cv2.GaussianBlur(bounded.astype(np.float32), (0, 0), max(0.6, reach * 0.12))
    return np.asarray(np.clip((smooth - 0.12) / 0.76, 0, 1), np.float32)


def _unmixed(pixels: Pixels, product: Floats, ground: Floats, alpha: Floats) -> Pixels:
    """Take the ground's colour out of half-covered pixels, so that no fringe shows on another ground."""
    part = alpha[..., None]
    pure = (pixels - (1 - part) * ground) / np.maximum(part, 0.05)
    colour = np.where(part >= 1, pixels, part * np.clip(pure, 0, 255) + (1 - part) * product)
    return np.asarray(np.rint(np.clip(colour, 0, 255)), np.uint8)


def _edge_support(subject: Mask, steepness: Floats) -> float:
    """Return the share of the product's outline that lies on an edge of the picture."""
    ring = _outline(subject)
    if not ring.any():
        return 0.0
    near = cv2.dilate(steepness, _disc(2))
    return float((near[ring] > 1.5).mean())


def _outline(mask: Mask) -> Mask:
    return mask & ~(cv2.erode(mask.astype(np.uint8), _disc(1), borderValue=1) > 0)


def _steepness(lab: Floats) -> Floats:
    """Return how fast the colour changes (Lab units a pixel), noise smoothed away."""
    soft = cv2.GaussianBlur(lab, (0, 0), 1.0)
    across, down = cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt(np.sum(across * across + down * down, 2)) / 32, np.float32)


def _without_crumbs(mask: Mask, least: float) -> Mask:
    """Keep the largest part and those at least `least` of its size."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA]
    sizes[0] = 0
    return np.asarray(np.isin(labels, np.flatnonzero(sizes >= max(1, least * sizes.max()))))


def _largest_share(mask: Mask) -> float:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return float(stats[1:, cv2.CC_STAT_AREA].max(initial=0) / max(1, mask.sum()))


def _filled(mask: Mask) -> Mask:
    """Close small holes; a large one stays, since the ground may show through it."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < 0.002 * mask.size)
    return mask | np.isin(labels, small)


def _border_share(mask: Mask) -> float:
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())


def _rim(height: int, width: int) -> Mask:
    band = max(2, round(min(height, width) * BORDER))
    rim = np.ones((height, width), bool)
    rim[band:-band, band:-band] = False
    return rim


def _depth(mask: Mask) -> Floats:
    """Return each pixel's distance to the outline in pixels, positive inside."""
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(inside - outside, np.float32)


def _resized_mask(mask: Mask, pixels: Pixels) -> Mask:
    size = (pixels.shape[1], pixels.shape[0])
    soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(soft, (0, 0), max(0.5, size[0] / mask.shape[1])) > 0.5)


def _opened(mask: Mask, radius: int) -> Mask:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _disc(radius)) > 0)


def _disc(radius: int) -> Pixels:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _eased(part: Floats) -> Floats:
    part = np.clip(part, 0, 1)
    return part * part * (3 - 2 * part)


def _shrunk(pixels: Pixels, side: int) -> Pixels:
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lab(pixels: Pixels) -> Floats:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
