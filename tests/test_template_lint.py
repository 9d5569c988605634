"""Every template, on every product of the demo shop that it can tell of, passes the pre-flight check."""

from datetime import date

import pytest

from adengine.core.cameo import Decision
from adengine.core.catalog import Product
from adengine.core.lint import Measured, Report, facts_of, lint
from adengine.core.storyboard import FORMATS, Storyboard
from adengine.core.timeline import Timeline
from tests.demo_films import FEEDS, PRODUCTS, SHOP, TEMPLATES, told, was
from workers.studio.inspect import measure, set_texts

TODAY = date(2026, 11, 21)
GOOD = 85


def checked(product: Product, board: Storyboard, timeline: Timeline, measured: Measured) -> Report:
    return lint(
        timeline,
        storyboard=board,
        measured=measured,
        placements=FEEDS if board.format == "9x16" else (),
        facts=facts_of(
            product, was_lowest=was(product), offer_ends=date(2026, 12, 24), today=TODAY, companions=PRODUCTS
        ),
        licence=Decision(True, "permitted", ""),
    )


def complaints(name: str, product: Product, report: Report) -> list[str]:
    bad = [finding for finding in report.findings if finding.level == "error" or report.score < GOOD]
    return [f"{name}, {product.handle}: {f.rule} at frame {f.frame}: {f.words} (mark {report.score})" for f in bad]


@pytest.mark.parametrize("film_format", sorted(FORMATS))
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_passes_its_own_check_with_every_product_of_the_demo_shop(name: str, film_format: str) -> None:
    found, count = [], 0
    for product, board, timeline in told(name, film_format):
        count += 1
        report = checked(product, board, timeline, Measured(texts=set_texts(timeline)))
        found += complaints(name, product, report)
    assert count, f"no product of the demo shop has what '{name}' needs"
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_template_can_be_read_on_its_own_pictures(name: str) -> None:
    """Contrast is read from composed pixels, of one product a template: they take turns."""
    films = list(told(name))
    product, board, timeline = films[sorted(TEMPLATES).index(name) % len(films)]
    report = checked(product, board, timeline, measure(timeline, resolve=lambda key: SHOP / key))
    assert "contrast" not in report.unchecked
    assert not complaints(name, product, report), "\n".join(complaints(name, product, report))
