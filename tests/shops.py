"""Small shops drawn and written by the tests."""

from __future__ import annotations

import csv
from pathlib import Path

from PIL import Image, ImageDraw

COLUMNS = (
    "Handle Title Body_(HTML) Vendor Type Tags Published Option1_Name Option1_Value Variant_SKU "
    "Variant_Inventory_Tracker Variant_Inventory_Qty Variant_Inventory_Policy Variant_Price "
    "Variant_Compare_At_Price Image_Src Image_Alt_Text Cost_per_item "
    "reason_1_(product.metafields.custom.reason_1) reason_2_(product.metafields.custom.reason_2) "
    "reason_3_(product.metafields.custom.reason_3) Status"
)
HEADER = [one.replace("_", " ") if "metafields" not in one else one.replace("_(", " (") for one in COLUMNS.split()]

MUG = {
    "Handle": "mug",
    "Title": "Stoneware Mug",
    "Body (HTML)": "<p>Thrown by hand, glazed inside.</p>",
    "Vendor": "Testware",
    "Type": "Mug",
    "Tags": "kitchen, coffee",
    "Published": "true",
    "Option1 Name": "Colour",
    "Option1 Value": "Sage",
    "Variant SKU": "MUG-SAGE",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "5",
    "Variant Inventory Policy": "deny",
    "Variant Price": "24.00",
    "Image Src": "mug.png",
    "Image Alt Text": "A sage mug",
    "Cost per item": "7.77",
    "reason_1 (product.metafields.custom.reason_1)": "Holds a generous 350 ml",
    "reason_2 (product.metafields.custom.reason_2)": "Glazed inside and out",
    "reason_3 (product.metafields.custom.reason_3)": "Made for the dishwasher",
    "Status": "active",
}
OAT = {"Handle": "mug", "Option1 Value": "Oat", "Variant SKU": "MUG-OAT", "Variant Price": "26.00"}
OAT |= {"Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "0", "Variant Inventory Policy": "deny"}
LAMP = {**MUG, "Handle": "lamp", "Title": "Table Lamp", "Type": "Lamp", "Tags": "light", "Variant SKU": "LAMP"}
LAMP |= {"Option1 Value": "Chalk", "Variant Price": "89.00", "Image Src": "lamp.png", "Variant Inventory Qty": "3"}


def write_shop(folder: Path, rows: list[dict[str, str]] | None = None) -> Path:
    """Draw the pictures and write the product CSV; answers its path."""
    folder.mkdir(parents=True, exist_ok=True)
    draw_picture(folder / "mug.png", "#7d8c74", alpha=True)
    draw_picture(folder / "lamp.png", "#c9b8a0", alpha=False)
    path = folder / "products.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        writer.writerows([MUG, OAT, LAMP] if rows is None else rows)
    return path


def draw_picture(path: Path, colour: str, *, alpha: bool) -> None:
    """A rounded shape on transparent or on pale ground."""
    image = Image.new("RGBA", (600, 700), (0, 0, 0, 0) if alpha else (238, 233, 224, 255))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((120, 150, 480, 600), radius=60, fill=colour)
    draw.ellipse((140, 130, 460, 200), fill="#f0ece2")
    image.save(path)
