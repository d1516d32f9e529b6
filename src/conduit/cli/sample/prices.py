"""Prices of the shop, in euros for one piece."""

PRICES = {
    "green tea": 3.50,
    "black tea": 3.20,
    "honey cake": 2.80,
}
