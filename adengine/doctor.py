"""What is there and what is missing on this machine, said plainly."""

from __future__ import annotations

import ctypes.util
import importlib.util
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from adengine.app import stripe_payments
from adengine.connections import connect
from adengine.settings import Settings


@dataclass(frozen=True)
class Finding:
    """`missing` stops something a user would expect; `off` is optional and says how to turn it on."""

    part: str
    state: Literal["ok", "missing", "off"]
    words: str


def examine(settings: Settings) -> list[Finding]:
    """Look at every part; a part that cannot be looked at is missing, with the reason."""
    return [_guarded(part, look, settings) for part, look in PARTS.items()]


def _guarded(part: str, look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except Exception as error:  # whatever is wrong with a part is what the user wants to read
        return Finding(part, "missing", f"{type(error).__name__}: {str(error).splitlines()[0][:160]}")


def _python(_: Settings) -> Finding:
    return Finding("python", "ok", f"{platform.python_version()} on {platform.machine()}")


def _home(settings: Settings) -> Finding:
    settings.home_path.mkdir(parents=True, exist_ok=True)
    probe = settings.home_path / ".probe"
    probe.write_bytes(b"ok")
    probe.unlink()
    return Finding("data folder", "ok", str(settings.home_path))


def _database(settings: Settings) -> Finding:
    sql = connect(settings.database)
    try:
        with sql.connect() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        sql.dispose()
    return Finding("database", "ok", sql.url.render_as_string(hide_password=True))


def _broker(settings: Settings) -> Finding:
    if not settings.broker_url:
        return Finding("queue", "ok", "embedded (a folder); set ADENGINE_BROKER_URL for Redis or RabbitMQ")
    from kombu.connection import Connection

    with Connection(settings.broker_url, connect_timeout=3) as connection:  # type: ignore[no-untyped-call]
        connection.ensure_connection(max_retries=1)
        return Finding("queue", "ok", connection.as_uri())


def _files(settings: Settings) -> Finding:
    return Finding("files", "ok", settings.files_url or "a folder under the data folder")


def _encoders(_: Settings) -> Finding:
    import av

    wanted = {"libx264": "H.264", "aac": "AAC", "libvpx-vp9": "VP9 alpha"}
    missing = [name for codec, name in wanted.items() if codec not in av.codecs_available]
    if missing:
        return Finding("encoders", "missing", f"{', '.join(missing)}; reinstall the package 'av'")
    return Finding("encoders", "ok", f"{', '.join(wanted.values())} (PyAV {av.__version__})")


def _compositor(_: Settings) -> Finding:
    from workers.studio.pixels.kernels import kernel

    if kernel().name == "opencv":
        advice = "for films drawn several times faster install a C compiler and run: pip install -e . again"
        return Finding("compositor", "off", f"the C kernel was not built, OpenCV paints; {advice}")
    return Finding("compositor", "ok", kernel().title)


def _fonts(_: Settings) -> Finding:
    from workers.studio.letters.fonts import missing_scripts

    lacking = missing_scripts()
    if not lacking:
        return Finding("fonts", "ok", "every script we know of can be drawn")
    return Finding("fonts", "off", f"no font for {', '.join(lacking)}; apt-get install fonts-noto-core fonts-noto-cjk")


def _gpu(_: Settings) -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding("GPU", "off", "torch is not installed; pip install 'adengine[gpu]' for generated clips")
    import torch

    if not torch.cuda.is_available():
        return Finding("GPU", "off", f"none seen by torch {torch.__version__}; films are drawn by the studio")
    return Finding("GPU", "ok", torch.cuda.get_device_name(0))


def _model(settings: Settings) -> Finding:
    if not settings.generator_model:
        return Finding("video model", "off", "none set; put a Wan folder into ADENGINE_GENERATOR_MODEL")
    return Finding("video model", "ok", settings.generator_model)


def _voice(_: Settings) -> Finding:
    if ctypes.util.find_library("espeak-ng") is None:
        return Finding("voices", "off", "none; films have music and captions, no spoken words yet")
    return Finding("voices", "off", "espeak-ng is here, but films do not speak yet")


def _search(settings: Settings) -> Finding:
    if not settings.search_model:
        return Finding("search by meaning", "off", "words alone; put a model2vec folder into ADENGINE_SEARCH_MODEL")
    from integrations.meanings import StaticMeaning

    loaded = StaticMeaning.load(settings.search_model)
    return Finding("search by meaning", "ok", f"{settings.search_model}, {loaded.size} numbers a text")


def _payments(settings: Settings) -> Finding:
    moves = "no real money moves" if settings.payments == "sandbox" else "real money moves with a live key"
    return Finding("payments", "ok", f"{settings.payments}: {moves}")


def _stripe(settings: Settings) -> Finding:
    if settings.payments != "stripe":
        return Finding("Stripe", "off", "checkouts use the sandbox; docs/stripe.md says how to take real money")
    return Finding("Stripe", "ok", stripe_payments(settings).examine())


def _shopify(_: Settings) -> Finding:
    return Finding("Shopify", "off", "not connected in this version; import its product export CSV")


PARTS: dict[str, Callable[[Settings], Finding]] = {
    "python": _python,
    "data folder": _home,
    "database": _database,
    "queue": _broker,
    "files": _files,
    "encoders": _encoders,
    "compositor": _compositor,
    "fonts": _fonts,
    "GPU": _gpu,
    "video model": _model,
    "voices": _voice,
    "search by meaning": _search,
    "payments": _payments,
    "Stripe": _stripe,
    "Shopify": _shopify,
}
