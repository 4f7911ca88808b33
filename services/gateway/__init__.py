"""The one door of the product: people, registry, live view, audit and the console."""
