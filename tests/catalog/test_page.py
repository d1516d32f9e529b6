"""The page about models agrees with the rows."""

from __future__ import annotations

from pathlib import Path

from conduit.catalog.capabilities import NAMES
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
CATALOG = Catalog.packaged()


def rows(heading: str) -> list[str]:
    section = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_the_page_lists_every_vendor_with_its_key_and_format():

    def keys(vendor: Vendor) -> str:
        optional = "" if vendor.key_required or not vendor.key_variables else " (optional)"
        return (" or ".join(f"`{name}`" for name in vendor.key_variables) or "none") + optional

    expected = [
        f"| `{vendor.name}` {vendor.display_name} | {keys(vendor)} | `{vendor.wire}` |" for vendor in CATALOG.vendors
    ]
    assert rows("Vendors") == expected, "put these rows under the heading:\n" + "\n".join(expected)


def test_the_page_lists_every_alias():
    expected = [f"| `{alias}` | `{model}` |" for alias, model in CATALOG.aliases.items()]
    assert rows("Aliases") == expected, "put these rows under the heading:\n" + "\n".join(expected)


def test_the_page_names_every_capability():
    listed = ", ".join(f"`{name}`" for name in NAMES)
    assert " ".join(PAGE.read_text("utf-8").split()).count(listed) == 1, listed
