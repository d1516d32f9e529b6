"""A small tea shop: what is sold, and what an order costs."""

from prices import PRICES


def total(order: dict[str, int]) -> float:
    return sum(PRICES[name] * count for name, count in order.items())


def receipt(order: dict[str, int]) -> str:
    """Return the lines that are printed for the customer."""
    lines = [f"{count} x {name}" for name, count in order.items()]
    return "\n".join([*lines, f"total: {total(order):.2f}"])
